export { breakOffStarts } from './break-off.ts';
export { describeSchema } from './describe-schema.ts';
export { killAtStatement } from './kill-at-statement.ts';
export { hasTestServer, startTestServer, type TestServer } from './test-server.ts';
