// An OpenID Connect provider that nobody here wrote: oidc-provider, with one client, PKCE required, and three people.
//
// It listens on PORT (0: any), writes its issuer to standard output, and begins when standard input has told it the client's
// redirect addresses. Each start has keys of its own.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const entry = join(process.env.USHER_OIDC_PROVIDER, 'node_modules/oidc-provider/lib/index.js');
const { Provider } = await import(pathToFileURL(entry));

const people = {
  ada: { email: 'ada@example.org', email_verified: true, name: 'Ada', groups: ['usher-audit', 'staff'] },
  eve: { email: 'eve@example.org', email_verified: false, name: 'Eve', groups: ['usher-audit'] },
  bob: { email: 'bob@example.org', email_verified: true, name: 'Bob', groups: ['staff'] },
};

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };

const server = createServer();
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', async () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  console.log(issuer);
  const lines = createInterface({ input: process.stdin });
  const { value: line } = await lines[Symbol.asyncIterator]().next();
  const { redirect_uri, post_logout_redirect_uri } = JSON.parse(line);
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'usher-client',
      client_secret: 's3cret: of/usher+canary%Quartz',
      redirect_uris: [redirect_uri],
      post_logout_redirect_uris: [post_logout_redirect_uri],
    }],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    scopes: ['openid', 'email', 'profile', 'groups'],
    jwks: { keys: [key] },
    cookies: { keys: [randomUUID()] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => people[id] && {
      accountId: id,
      claims: () => ({ sub: id, ...people[id] }),
    },
  });
  server.on('request', provider.callback());
  console.log('ready');
});
// It ends with whoever started it.
process.stdin.on('end', () => process.exit(0));
