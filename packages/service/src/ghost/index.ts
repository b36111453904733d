export * from './ghost-config.ts';
export * from './require-from-ghost.ts';
