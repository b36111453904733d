import { type Directive, unquoted } from './directives.ts';

/** `TOKEN "tracker" APPEND`: what the static token of that name may do with the resource. */
export interface TokenGrant {
  name: string;
  scope: 'APPEND' | 'READ';
}

/** The grants among a datafile's directives. */
export function tokenGrants(directives: Directive[]): TokenGrant[] {
  return directives
    .filter(({ keyword }) => keyword === 'TOKEN')
    .map(({ value }) => {
      const [, name = '', scope = ''] = /^(\S+|"[^"]*")\s*(\w*)$/.exec(value) ?? [];
      return { name: unquoted(name), scope: scope.toUpperCase() === 'APPEND' ? 'APPEND' : 'READ' };
    });
}
