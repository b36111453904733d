// The SDK's own entry would pull its whole HTTP client into the bundle; this module holds just what
// we take from it: the signature and the URL grammar. It ships no types of its own.
declare module 'cloudinary/lib/utils/index.js' {
  interface Utils {
    /** The hex signature of an API call's parameters; `algorithm` is `sha1` or `sha256`. */
    api_sign_request(
      params: Record<string, string | number>,
      apiSecret: string,
      algorithm: string,
    ): string;
    /** A transformation as it stands in a delivery URL. */
    generate_transformation_string(options: Record<string, unknown>): string;
    /** The delivery URL of a public_id, in which `%` must be escaped. */
    url(publicId: string, options: Record<string, unknown>): string;
  }
  const utils: Utils;
  export default utils;
}
