import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { type Finding, fail, ok, warn } from '@prosora/service';
import { isLocalName } from '../settings/effective.ts';

/** A question whether a domain leads here. */
export interface DomainQuestion {
  domain: string;
  /** The port that readers come by; none when a proxy in front has it, whose answer says nothing. */
  port: number | undefined;
  /** What answers here. */
  word: string;
  /** Who is asked for its addresses. (Default: those of the system) */
  servers?: readonly string[];
}

const TIMEOUT_MS = 10_000;
/** Whether readers of a domain come to this machine. */
export async function examineDomain(question: DomainQuestion): Promise<Finding> {
  const { domain, port, word } = question;
  if (isLocalName(domain)) return ok('domain', `${domain} is a name of this machine alone.`);
  const addresses = await addressesOf(question);
  if (!Array.isArray(addresses)) return addresses;
  const where = `${domain} (${addresses.join(', ')})`;
  if (port === undefined) return ok('domain', `${where} has to lead to the proxy in front.`);
  const answer = await ask(domain, addresses, port);
  if (answer?.server === 'cloudflare') return cloudflareFinding(where, answer.body === word);
  if (answer?.body === word) return ok('domain', `${where} leads here.`);
  const remedy = `Let its A record name this machine: ${publicAddress()}.`;
  if (answer !== undefined) {
    return fail('domain', `${where} leads to another machine, which answers.`, remedy);
  }
  if (addresses.some((address) => ownAddresses().includes(address))) {
    const open = 'Open ports 80 and 443 in its firewall, and in that of your provider.';
    return fail('domain', `${where} leads here, but nobody comes through.`, open);
  }
  const router = 'Behind a router that answers nobody from inside, say so: --trust DOMAIN.';
  const sentence = `${where} does not answer, and is no address of this machine.`;
  return fail('domain', sentence, `${remedy} ${router}`);
}

function cloudflareFinding(where: string, comesHere: boolean): Finding {
  if (comesHere) {
    const remedy = 'Set CDN=cloudflare, so that readers are told apart.';
    return warn('domain', `${where} leads here through Cloudflare.`, remedy);
  }
  const remedy =
    'Let its record there name this machine, and set CDN=cloudflare. Where Cloudflare makes https of http itself, this cannot be seen from here: --trust DOMAIN.';
  return fail('domain', `${where} leads to Cloudflare, and not on to this machine.`, remedy);
}

async function addressesOf({ domain, servers }: DomainQuestion): Promise<string[] | Finding> {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  if (servers) resolver.setServers(servers);
  const codes: string[] = [];
  const note = ({ code = '' }: NodeJS.ErrnoException): string[] => {
    codes.push(code);
    return [];
  };
  const found = await Promise.all([
    resolver.resolve4(domain).catch(note),
    resolver.resolve6(domain).catch(note),
  ]);
  const addresses = found.flat();
  if (addresses.length > 0) return addresses;
  const isSure = codes.every((code) => code === 'ENOTFOUND' || code === 'ENODATA');
  if (!isSure) {
    const remedy = 'See that this machine reaches its DNS servers, and try again.';
    return fail('domain', `Nobody said where ${domain} leads (${codes.join(', ')}).`, remedy);
  }
  const sentence = codes.includes('ENOTFOUND') ? 'does not exist' : 'has no address';
  const remedy = `Make an A record of it at your provider, for ${publicAddress()}.`;
  return fail('domain', `${domain} ${sentence}.`, remedy);
}

/** Those that somebody else may reach. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all
    .filter(
      ({ internal, address }) => !internal && !/^(fe80|172\.(1[6-9]|2\d|3[01])\.)/.test(address),
    )
    .map(({ address }) => address);
}

const PRIVATE = /^(10|192\.168|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|^f[cd]/;

/** What a record is to name. Behind a provider's NAT the machine does not know it. */
function publicAddress(): string {
  const addresses = ownAddresses().filter((address) => !PRIVATE.test(address));
  return addresses.join(' or ') || 'the public address that your provider shows';
}

/** What answers at any of the addresses; undefined when nothing does. */
async function ask(domain: string, addresses: string[], port: number) {
  for (const host of addresses) {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const asked = request({ host, port, path: '/', headers: { host: domain }, signal });
    asked.on('error', () => {}).end();
    const [answer]: IncomingMessage[] = await once(asked, 'response').catch(() => []);
    if (answer === undefined) continue;
    const body = await text(answer).catch(() => '');
    return { body, server: String(answer.headers['server'] ?? '') };
  }
  return undefined;
}
