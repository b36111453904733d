/** An adapter of which nothing but a constant redirect is left, for Ghost to put in the same place. */
export const CONSTANT_ADAPTER = `
class StorageBase {
  constructor() {
    const requiredFns = ['exists', 'save', 'serve', 'delete', 'read'];
    Object.defineProperty(this, 'requiredFns', { value: Object.freeze(requiredFns) });
  }
}
class Constant extends StorageBase {
  storagePath = 'content/images';
  staticFileURLPrefix = 'content/images';
  async exists() { return true; }
  async save() {}
  async saveRaw() {}
  async delete() {}
  async read() {}
  serve() {
    return (request, response) => {
      response.set('Cache-Control', 'public, max-age=86400').redirect(302, 'https://example.com/picture.jpg');
    };
  }
}
module.exports = Constant;`;
