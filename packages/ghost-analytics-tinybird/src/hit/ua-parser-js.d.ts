/** The part of the MIT line (1.x) that is used; its types are a package of their own. */
declare module 'ua-parser-js' {
  export default class UAParser {
    constructor(userAgent: string);
    getBrowser(): { name?: string };
    getOS(): { name?: string };
  }
}
