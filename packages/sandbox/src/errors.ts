import { ProsoraError } from '@prosora/service/errors';

/**
 * What can go wrong in the sandbox itself, as opposed to what a stand-in refuses on the vendor's behalf.
 * Codes: `SANDBOX_DATA_DIR` (folder unusable or in use), `SANDBOX_INPUT` (a control call with wrong
 * input), `SANDBOX_CONTROL` (another process's sandbox refused a control call).
 */
export class SandboxError extends ProsoraError {}
