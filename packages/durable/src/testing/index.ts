export { describeSchema } from './describe-schema.ts';
export { hasTestServer, startTestServer, type TestServer } from './test-server.ts';
