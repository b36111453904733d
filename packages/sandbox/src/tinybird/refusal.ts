/** An error of the API: `{ error, documentation }`, https://www.tinybird.co/docs/api-reference */
export class TinybirdRefusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'TinybirdRefusal';
    this.status = status;
    this.headers = headers;
  }
}
