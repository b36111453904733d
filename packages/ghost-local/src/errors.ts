import { ProsoraError, type ProsoraErrorDetails } from '@prosora/service/errors';

/** Every way in which installing or booting Ghost can fail. The README says what to do about each. */
export type GhostLocalErrorCode =
  | 'UNSUPPORTED_NODE'
  | 'GHOST_DIR_INVALID'
  | 'NPM_MISSING'
  | 'NPM_UNREACHABLE'
  | 'DISK_FULL'
  | 'GHOST_INSTALL_FAILED'
  | 'PORT_IN_USE'
  | 'GHOST_BOOT_FAILED'
  | 'GHOST_BOOT_TIMEOUT'
  | 'GHOST_NOT_RUNNING'
  | 'EMAIL_ANALYTICS_FAILED'
  | 'ADMIN_API_REFUSED';

/** What this package throws; `code` is one of {@link GhostLocalErrorCode}. */
export class GhostLocalError extends ProsoraError {
  declare readonly code: GhostLocalErrorCode;

  constructor(code: GhostLocalErrorCode, message: string, details?: ProsoraErrorDetails) {
    super(code, message, details);
  }
}
