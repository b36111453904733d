import { request } from './request.ts';

/**
 * Tells a dead-man's switch that the stack is well; it raises the alarm itself once it hears nothing:
 * https://healthchecks.io/docs/http_api/
 *
 * @throws Error that says why it was not taken
 */
export async function ping(url: string): Promise<void> {
  await request(url);
}
