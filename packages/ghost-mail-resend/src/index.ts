export { type RecipientVariables, substitute } from './substitute.ts';
