import { closedPlaceOf, type Purpose } from '../drill/closed-project.ts';
import type { Place } from '../repository/place.ts';
import type { EffectiveSetting } from '../settings/effective.ts';

/** What staging is asked to be. */
export interface Wanted {
  /** Of this machine, on 127.0.0.1 alone. */
  port: number;
  /** The image of Ghost that ours is built on, where it is not that of the site. */
  ghost: string | undefined;
}

/** Where it is unless another port is asked for: the one after Ghost's own. */
export const STAGING_PORT = 2369;

/** Hands what comes to the port on to Ghost. */
export const FORWARDER = 'forwarder';

/** The image that is built for another Ghost than the site's. */
export const trialImageOf = ({ site }: Pick<Place, 'site'>): string =>
  `${site}-staging/ghost:trial`;

/** The same for a browser on this machine, and for Ghost. */
export const urlOf = ({ port }: Pick<Wanted, 'port'>): string => `http://127.0.0.1:${port}`;

/** The drill's project, kept: with a Ghost whose own address is a port of this machine, and what leads there. */
export function stagingPlaceOf(
  site: Place,
  settings: ReadonlyMap<string, EffectiveSetting>,
  wanted: Wanted,
): Place {
  const { port, ghost } = wanted;
  const kept = { restart: 'unless-stopped' };
  const purpose: Purpose = {
    name: 'staging',
    settings: { ANALYTICS: 'off', ...(ghost && { GHOST_IMAGE: ghost }) },
    services: {
      db: kept,
      ghost: {
        ...kept,
        ...(ghost && { image: trialImageOf(site) }),
        environment: { url: urlOf(wanted), admin__url: '' },
      },
      [FORWARDER]: {
        ...kept,
        image: site.image,
        command: ['node', '/app/dist/forward.js', String(port), 'ghost', '2368'],
        init: true,
        user: '1000:1000',
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        mem_limit: '96m',
        pids_limit: 50,
        networks: ['front', 'loopback'],
        // It hands on connections, and no packets of anybody's.
        sysctls: { 'net.ipv4.ip_forward': '0' },
        ports: [`127.0.0.1:${port}:${port}`],
      },
    },
    // A published port needs a network on which the machine has an address; what leaves this one finds no way back.
    networks: {
      loopback: { driver_opts: { 'com.docker.network.bridge.enable_ip_masquerade': 'false' } },
    },
  };
  return closedPlaceOf(site, settings, purpose);
}
