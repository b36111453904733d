export { type GhostSignature, signAsGhost, verifyGhostSignature } from './hear/ghost-signature.ts';
