export { substitute } from './send/substitute.ts';
export type { RecipientVariables } from './store/message.ts';
