/** An error of the API: `{ success: false, errors: [{ code, message }] }`. */
export class CloudflareRefusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly headers: Record<string, string>;

  constructor(status: number, code: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'CloudflareRefusal';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
