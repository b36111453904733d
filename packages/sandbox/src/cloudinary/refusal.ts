import { ProsoraError } from '@prosora/service/errors';

/** A request that Cloudinary would not serve: the status and sentence that its API answers. */
export class CloudinaryRefusal extends ProsoraError {
  readonly status: number;

  constructor(status: number, message: string) {
    super('CLOUDINARY_REFUSAL', message);
    this.status = status;
  }
}

/** The answer for an asset that is not there, in the API's body as in the CDN's `X-Cld-Error`. */
export function notFound(publicId: string): CloudinaryRefusal {
  return new CloudinaryRefusal(404, `Resource not found - ${publicId}`);
}

/** The answer to what the vendor can do and this stand-in cannot: it says so rather than pretend. */
export function notImplemented(what: string): CloudinaryRefusal {
  return new CloudinaryRefusal(400, `The sandbox does not implement ${what}`);
}

/** The value of an `X-Cld-Error` header: a header holds no control characters and nothing beyond Latin-1. */
export function errorHeader(message: string): string {
  return message.replace(/[^\x20-\x7e]/g, (character) => encodeURIComponent(character));
}
