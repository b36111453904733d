const TIMEOUT_MS = 10_000;

/**
 * Asks an address that may itself be a secret, so that no error names it.
 *
 * @throws Error that says why it was not taken
 */
export async function request(url: string, init: RequestInit = {}): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { ...init, signal }).catch(({ cause, name }: Error) => {
    const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? name;
    throw new Error(`It cannot be reached (${why}).`);
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`It answers ${response.status}.`);
}
