import * as z from 'zod';

/**
 * Who holds one signed text can try keys against it on machines of their own, as many as they like: a JWT of
 * Ghost lies in the browser of each member of staff who may look at charts. RFC 7518 §3.2 wants a key of HS256
 * to be as large as its hash.
 */
const LEAST_CHARACTERS = 32;
/** Of 32 random hexadecimal digits fewer are different once in thirty million times. */
const LEAST_DIFFERENT = 8;

/** Whether a text has what random characters have. It cannot tell a long sentence from them. */
export function isSigningKey(text: string): boolean {
  return text.length >= LEAST_CHARACTERS && new Set(text).size >= LEAST_DIFFERENT;
}

/** A token that is the key of Ghost's JWTs as well. */
export const signingKey = z.string().refine(isSigningKey, {
  message: `has to be at least ${LEAST_CHARACTERS} random characters`,
});
