export * from './errors.ts';
export * from './graceful-stop.ts';
export * from './listen.ts';
export * from './logger.ts';
export * from './metrics.ts';
export * from './options.ts';
export * from './private-listener.ts';
export * from './raw-body.ts';
