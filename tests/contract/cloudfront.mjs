// A bucket that was uploaded as it lies, behind the function that a build writes for CloudFront: run by tests/contract/cloudfront.
// S3 takes a literal plus for a space and says 403 of what is not there; the network in front says 404 instead.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';

const [site, path] = process.argv.slice(2);
const hosting = join(site, path, '.gazette/hosting');
const code = readFileSync(join(hosting, 'cloudfront-function.js'), 'utf8');
const handler = runInNewContext(`${code}; handler`);
const { CorsConfig, SecurityHeadersConfig } = JSON.parse(readFileSync(join(hosting, 'cloudfront-headers.json'), 'utf8'));
const policy = {
    'access-control-allow-origin': CorsConfig.AccessControlAllowOrigins.Items.join(', '),
    'access-control-allow-methods': CorsConfig.AccessControlAllowMethods.Items.join(', '),
    'access-control-allow-headers': CorsConfig.AccessControlAllowHeaders.Items.join(', '),
    'content-security-policy': SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy,
    ...(SecurityHeadersConfig.ContentTypeOptions.Override ? { 'x-content-type-options': 'nosniff' } : {}),
};

// The types and times are those that the commands in README.md give to objects.
const readme = readFileSync(join(hosting, 'README.md'), 'utf8');
const uploads = [...readme.replaceAll('\\\n', '').matchAll(/^aws s3 cp public s3:.*$/gm)].map(([command]) => ({
    only: new RegExp(`^${/--include "([^"]+)"/.exec(command)[1].replaceAll('.', '\\.').replaceAll('*', '.*')}$`),
    type: /--content-type "([^"]+)"/.exec(command)[1],
    cache: /--cache-control "([^"]+)"/.exec(command)[1],
}));

function object(uri) {
    const key = decodeURIComponent(uri.replaceAll('+', ' '));
    const file = join(site, key);
    if (!file.startsWith(site) || !statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
    const upload = uploads.findLast(({ only }) => only.test(key.slice(path.length + 1)));
    return upload && { body: readFileSync(file), upload };
}

createServer((incoming, outgoing) => {
    const [uri, query] = incoming.url.split('?');
    const request = { method: incoming.method, uri, querystring: {}, headers: {}, cookies: {} };
    const result = handler({ version: '1.0', context: {}, viewer: {}, request });
    if (result.statusCode) {
        const headers = Object.fromEntries(Object.entries(result.headers).map(([name, { value }]) => [name, value]));
        return outgoing.writeHead(result.statusCode, headers).end();
    }
    const found = object(result.uri);
    if (!found) return outgoing.writeHead(404, { ...policy, 'content-type': 'text/html' }).end('nothing');
    const etag = `"${createHash('md5').update(found.body).digest('hex')}"`;
    const headers = { ...policy, etag, 'content-type': found.upload.type, 'cache-control': found.upload.cache };
    if (incoming.headers['if-none-match'] === etag) return outgoing.writeHead(304, headers).end();
    outgoing.writeHead(200, headers).end(found.body);
}).listen(0, '127.0.0.1', function () {
    console.log(this.address().port);
});
