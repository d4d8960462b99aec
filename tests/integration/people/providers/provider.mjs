// A certified OpenID provider on loopback: node provider.mjs PORT CALLBACK, in a folder whose node_modules has it.
// POST /_test/rotate signs with a new key from now on and forgets the others; so do sessions and codes live on.
import crypto from 'node:crypto';
import http from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const load = async (name) => import(pathToFileURL(createRequire(`${process.env.HUGGINS_PROVIDERS}/x.js`).resolve(name)).href);
const { default: Provider } = await load('oidc-provider');
const [port, callback] = [Number(process.argv[2]), process.argv[3]];
const logout = callback.replace(/callback$/, 'logout');
const issuer = `http://127.0.0.1:${port}`;
const key = () => ({ ...crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid: `k${Date.now()}`, alg: 'RS256', use: 'sig' });
const users = {
  alice: { sub: 'alice', email: 'alice@example.org', email_verified: true, name: 'Alice of Brno', preferred_username: 'alice', groups: ['astro', 'staff'] },
  bob: { sub: 'bob', email: 'bob@example.org', email_verified: false, name: 'Bob', preferred_username: 'bob', groups: [] },
  ada: { sub: 'ada', email: 'ada@example.org', email_verified: true, name: 'Ada', preferred_username: 'ada', groups: ['admins'] },
};
const rows = new Map();
class Store {
  constructor(name) { this.name = name; }
  key(id) { return `${this.name}:${id}`; }
  async upsert(id, payload, ttl) {
    const ends = ttl ? Date.now() + ttl * 1000 : Infinity;
    rows.set(this.key(id), { payload, ends });
    if (payload.uid) rows.set(`uid:${payload.uid}`, { payload: id, ends });
  }
  async find(id) { const row = rows.get(this.key(id)); return row && row.ends > Date.now() ? row.payload : undefined; }
  async findByUid(uid) { return this.find(rows.get(`uid:${uid}`)?.payload); }
  async findByUserCode() { return undefined; }
  async consume(id) { rows.get(this.key(id)).payload.consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { rows.delete(this.key(id)); }
  async revokeByGrantId() {}
}
let keys = [key()];
const made = () => new Provider(issuer, {
  adapter: Store, jwks: { keys },
  clients: [{ client_id: 'huggins', client_secret: 's3cret/with+signs=', redirect_uris: [callback], response_types: ['code'], grant_types: ['authorization_code'], backchannel_logout_uri: logout, backchannel_logout_session_required: true }],
  scopes: ['openid', 'groups'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'], groups: ['groups'] },
  conformIdTokenClaims: process.argv[4] !== 'all-in-token',
  pkce: { required: () => true },
  cookies: { keys: ['c1'] },
  ttl: { AccessToken: 600, IdToken: 600, AuthorizationCode: 60, Session: 3600, Interaction: 600, Grant: 3600 },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true }, backchannelLogout: { enabled: true } },
  async findAccount(_ctx, id) { return users[id] && { accountId: id, claims: async () => users[id] }; },
});
let current = made();
http.createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/_test/rotate') { keys = [key()]; current = made(); response.end(keys[0].kid); return; }
  current.callback()(request, response);
}).listen(port, '127.0.0.1', () => console.log('listening'));
