/** An error of the API: `{ statusCode, name, message }`, https://resend.com/docs/api-reference/errors */
export class ResendRefusal extends Error {
  readonly status: number;
  readonly errorName: string;

  constructor(status: number, errorName: string, message: string) {
    super(message);
    this.name = 'ResendRefusal';
    this.status = status;
    this.errorName = errorName;
  }
}

/** A 404 for a thing that an id names. */
export function notFound(what: string): ResendRefusal {
  return new ResendRefusal(404, 'not_found', `${what} not found`);
}
