/** The types that DefinitelyTyped has are of version 4 and do not say that it throws. */
declare module 'spdx-expression-parse' {
  /** @throws Error when it is no SPDX expression */
  export default function parse(expression: string): unknown;
}
