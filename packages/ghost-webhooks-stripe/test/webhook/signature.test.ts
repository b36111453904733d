import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sign, type Verification, verify } from '../../src/index.ts';
import vectors from '../fixtures/signature-vectors.json' with { type: 'json' };

const NOW = 1_795_000_000;
const now = () => NOW * 1000;
const SECRET = 'whsec_test_secret_A';
const body = Buffer.from('{"id":"evt_1"}');

/** The outcome that the vectors' words stand for; what comes after the signature is not `verify`'s. */
function isWanted(outcome: Verification, ideal: string): boolean {
  if (/^(accept|signature ok)/.test(ideal)) return outcome.ok;
  if (outcome.ok) return false;
  const wanted = /^reject:(\w+)/.exec(ideal)?.[1] ?? '';
  return outcome.code.startsWith(wanted) && wanted !== '';
}

describe('the vectors with the verdicts of stripe-node', () => {
  const startable = vectors.filter((vector) => vector.ideal !== 'refuse to start');
  const unstartable = vectors.filter((vector) => vector.ideal === 'refuse to start');

  test.each(startable)('$name: $ideal', (vector) => {
    const outcome = verify(Buffer.from(vector.payload_b64, 'base64'), vector.header, {
      secrets: vector.secrets,
      toleranceSeconds: vector.tolerance,
      now: () => vector.now * 1000,
    });
    expect(outcome).toSatisfy((it: Verification) => isWanted(it, vector.ideal));
  });

  test.each(unstartable)('$name: throws before anything is verified or signed', ({ secrets }) => {
    const error = expect.objectContaining({ code: 'SECRETS_INVALID' });
    expect(() => verify(body, 't=1,v1=a', { secrets })).toThrow(error);
    expect(() => sign(body, { secrets })).toThrow(error);
  });
});

describe('verify', () => {
  const code = (header: string | null | undefined, at = NOW) => {
    const outcome = verify(body, header, { secrets: [SECRET], now: () => at * 1000 });
    return outcome.ok ? 'ok' : outcome.code;
  };
  const signed = sign(body, { secrets: [SECRET], now });
  const signature = signed.split(',')[1] as string;

  test('each refusal has a code of its own', () => {
    expect(code(signed)).toBe('ok');
    expect(code(undefined)).toBe('no_header');
    expect(code(null)).toBe('no_header');
    expect(code('')).toBe('no_header');
    expect(code(signature)).toBe('malformed');
    expect(code(`t=${NOW}`)).toBe('no_scheme');
    expect(code(`t=${NOW},v0=${signature.slice(3)}`)).toBe('no_scheme');
    expect(code(`t=${NOW},v1=potato`)).toBe('no_match');
    expect(code(`${signed}${',v1=potato'.repeat(15)}`)).toBe('ok');
    expect(code(`${signed}${',v1=potato'.repeat(16)}`)).toBe('too_many');
    const empty = verify(Buffer.alloc(0), signed, { secrets: [SECRET], now });
    expect(empty).toEqual({ ok: false, code: 'no_payload' });
  });

  test('the tolerance holds both ways and to the second', () => {
    expect(code(signed, NOW + 300)).toBe('ok');
    expect(code(signed, NOW + 301)).toBe('timestamp_old');
    expect(code(signed, NOW - 300)).toBe('ok');
    expect(code(signed, NOW - 301)).toBe('timestamp_future');
  });

  test('a wrong signature is called that, whatever its time', () => {
    expect(code(`t=1,${signature}`)).toBe('no_match');
  });

  test('it says which of several secrets matched', () => {
    const secrets = ['whsec_new_of_the_tests', SECRET];
    expect(verify(body, signed, { secrets, now })).toEqual({
      ok: true,
      secretIndex: 1,
      timestamp: NOW,
    });
  });

  test('a body that was parsed before is answered with the name of the mistake', () => {
    const parsed = JSON.parse(body.toString());
    expect(() => verify(parsed, signed, { secrets: [SECRET] })).toThrow(
      expect.objectContaining({ code: 'PAYLOAD_NOT_RAW' }),
    );
  });

  test('no secret at all is a mistake, not an open door', () => {
    expect(() => verify(body, signed, { secrets: [] })).toThrow(/no signing secret/);
  });

  test.each(['whsec_=', `whsec_${'='.repeat(32)}`, 'whsec_', 'whsec_a b c d e f g h', 'short'])(
    'a secret with which anybody could sign is refused before anything is signed: %s',
    (weak) => {
      const refusal = expect.objectContaining({ code: 'SECRETS_INVALID' });
      expect(() => verify(body, signed, { secrets: [SECRET, weak] })).toThrow(refusal);
      expect(() => sign(body, { secrets: [weak] })).toThrow(refusal);
    },
  );

  test('secrets that are no list, or not all texts, are refused by name', () => {
    for (const wrong of ['whsec_test_secret_A', undefined, [undefined], [42]]) {
      const secrets = wrong as unknown as string[];
      const refusal = expect.objectContaining({ code: 'SECRETS_INVALID' });
      expect(() => verify(body, signed, { secrets })).toThrow(refusal);
    }
  });

  test('a header that is a list, as some platforms give it, is refused and does not throw', () => {
    for (const list of [[signed], [signed, signed], [], {}, 42]) {
      expect(code(list as unknown as string)).toBe('malformed');
    }
  });
});

describe('for any body and secrets', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
  const secret = fc.stringMatching(/^whsec_[A-Za-z0-9]{10,32}$/);

  test('what sign made, verify accepts with each of the secrets', () => {
    fc.assert(
      fc.property(bytes, fc.array(secret, { minLength: 1, maxLength: 3 }), (payload, secrets) => {
        const header = sign(payload, { secrets, now });
        for (const one of secrets) {
          expect(verify(payload, header, { secrets: [one], now }).ok).toBe(true);
        }
      }),
    );
  });

  test('one changed byte of the body or one changed character of the header is refused', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (payload, position, flip) => {
        const header = sign(payload, { secrets: [SECRET], now });
        const tampered = Uint8Array.from(payload);
        const at = position % payload.length;
        tampered[at] = (payload[at] as number) ^ flip;
        expect(verify(tampered, header, { secrets: [SECRET], now }).ok).toBe(false);

        const spot = position % header.length;
        const other = header[spot] === '0' ? '1' : '0';
        const changed = header.slice(0, spot) + other + header.slice(spot + 1);
        expect(verify(payload, changed, { secrets: [SECRET], now }).ok).toBe(false);
      }),
    );
  });

  const anyText = fc.uint8Array().map((some) => Buffer.from(some).toString('latin1'));

  test('no header makes verify throw', () => {
    fc.assert(
      fc.property(anyText, (header) => {
        expect(verify(body, header, { secrets: [SECRET], now }).ok).toBe(false);
      }),
    );
  });
});
