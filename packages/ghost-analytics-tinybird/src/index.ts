export { type PageHitRequestOptions, pageHitRequest } from './page-hit-request.ts';
