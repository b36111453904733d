export { type PageHitRequestOptions, pageHitRequest } from './client/page-hit-request.ts';
