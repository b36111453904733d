import { inUse, type Keyring, RETRIES_END_MS, readKeyring, writeKeyring } from './keyring.ts';

/** The secrets of the moment. */
export interface Secrets {
  /** What Stripe may have signed with. */
  stripe(): readonly string[];
  /** What we sign with for Ghost: two while it changes. */
  ghost(): readonly string[];
  /** Reads the keyring again, as verbs of another process change it. */
  reload(): void;
  /** Asks Ghost's database again; true when its secret is a new one. Asks at most once a second. */
  askGhost(): Promise<boolean>;
}

/** Where secrets come from. */
export interface SecretsOptions {
  dataDir: string;
  /** From the environment. */
  stripe: readonly string[];
  ghost: readonly string[];
  /** Reads the secret that Ghost got from Stripe; for an inbox that stands unseen in front of Ghost. */
  readGhostSecret?: (() => Promise<string | undefined>) | undefined;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

const ASK_EVERY_MS = 1_000;

/** Gathers the secrets of the environment, of the keyring and of Ghost's database. */
export function createSecrets(options: SecretsOptions): Secrets {
  const { dataDir, readGhostSecret, now = Date.now } = options;
  let keyring: Keyring = readKeyring(dataDir);
  let ofGhost: string | undefined;
  let asked: { at: number; answer: Promise<boolean> } | undefined;

  const ask = async (): Promise<boolean> => {
    const found = await readGhostSecret?.();
    if (found === undefined || found === ofGhost) return false;
    ofGhost = found;
    return remember(found);
  };

  /** Keeps Ghost's former secrets a while: Ghost makes a new endpoint when it likes, at boot. */
  const remember = (secret: string): boolean => {
    keyring = readKeyring(dataDir);
    const known = keyring.stripe.find((entry) => entry.secret === secret);
    if (known !== undefined && known.until === undefined) return false;
    const others = keyring.stripe
      .filter((entry) => entry !== known)
      // An endpoint of ours goes on signing with its secret, whatever Ghost does.
      .map((entry) => (entry.endpoint ? entry : { until: now() + RETRIES_END_MS, ...entry }));
    keyring = { ...keyring, stripe: [...others, { secret, since: now() }] };
    writeKeyring(dataDir, keyring);
    return true;
  };

  return {
    stripe: () => [...new Set([...options.stripe, ...inUse(keyring.stripe, now())])],
    ghost() {
      // The last is what Ghost goes by until it has a WEBHOOK_SECRET, and again when it is taken away.
      const all = [...options.ghost, ...inUse(keyring.ghost, now()), ofGhost ?? ''];
      return [...new Set(all)].filter((secret) => secret !== '');
    },
    reload() {
      keyring = readKeyring(dataDir);
    },
    askGhost() {
      if (readGhostSecret === undefined) return Promise.resolve(false);
      if (asked !== undefined && now() - asked.at < ASK_EVERY_MS) return asked.answer;
      asked = { at: now(), answer: ask() };
      return asked.answer;
    },
  };
}
