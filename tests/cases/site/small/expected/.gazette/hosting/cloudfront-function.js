// Written by gazette for CloudFront Functions, runtime cloudfront-js-2.0, on viewer requests.

// The path of the registry's address.
const PREFIX = "";
// Whether the built folder was uploaded as it lies; false where each document lies at the key that is its address.
const FOLDER = true;
// Documents that are folders too.
const FOLDERS = [/^\/v0\.1\/servers$/, /^\/v0\.1\/servers\/([^\/]+)\/([^\/]+)\/versions$/, /^\/v0\/servers$/, /^\/v0\/servers\/([^\/]+)\/([^\/]+)\/versions$/, /^\/groups\/([^\/]+)\/v0\.1\/servers$/, /^\/groups\/([^\/]+)\/v0\.1\/servers\/([^\/]+)\/([^\/]+)\/versions$/, /^\/groups\/([^\/]+)\/v0\/servers$/, /^\/groups\/([^\/]+)\/v0\/servers\/([^\/]+)\/([^\/]+)\/versions$/, /^\/discovery\/servers$/, /^\/discovery\/servers\/([^\/]+)\/([^\/]+)$/];
// Single versions in the older spelling, and where their bytes are.
const OLDER = [[/^\/v0\/servers\/([^\/]+)\/([^\/]+)\/versions\/([^\/]+)$/, "/v0.1/servers/$1/$2/versions/$3"], [/^\/groups\/([^\/]+)\/v0\/servers\/([^\/]+)\/([^\/]+)\/versions\/([^\/]+)$/, "/groups/$1/v0.1/servers/$2/$3/versions/$4"]];
const CORS = {"access-control-allow-origin":{"value":"*"},"access-control-allow-methods":{"value":"GET, OPTIONS"},"access-control-allow-headers":{"value":"Authorization, Content-Type"}};

function handler(event) {
    const request = event.request;
    if (request.method === 'OPTIONS') {
        return { statusCode: 204, statusDescription: 'No Content', headers: CORS };
    }
    const inside = PREFIX !== '' && request.uri.indexOf(PREFIX + '/') === 0;
    // S3 reads a literal plus as a space.
    let path = (inside ? request.uri.slice(PREFIX.length) : request.uri).replace(/%2f/gi, '/').replace(/\+/g, '%2B');
    OLDER.forEach((pair) => {
        path = path.replace(pair[0], pair[1]);
    });
    const bare = path.length > 1 && path.slice(-1) === '/' ? path.slice(0, -1) : path;
    if (FOLDERS.some((folder) => folder.test(bare))) {
        path = FOLDER ? bare + '/index.json' : bare;
    } else if (path.slice(-1) === '/') {
        path += 'index.html';
    }
    request.uri = (inside ? PREFIX : '') + path;
    return request;
}
