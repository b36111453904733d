export { CloudinaryStorage as default } from './adapter.ts';
