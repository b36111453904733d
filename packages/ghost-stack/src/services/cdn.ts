/** Where the edge takes what Ghost says of changes, for the service `cdn`: examples/ghost-stack/caddy/cdn. */
export const changesUrl = (domain: string): string => `https://${domain}/webhooks/ghost`;
