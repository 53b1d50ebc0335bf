// Written by gazette for CloudFront Functions, runtime cloudfront-js-2.0, on viewer requests.

// The path of the registry's address.
const PREFIX = {{prefix}};
// Whether the built folder was uploaded as it lies; false where each document lies at the key that is its address.
const FOLDER = true;
// Documents that are folders too.
const FOLDERS = [{{folders}}];
// Single versions in the older spelling, and where their bytes are.
const OLDER = [{{older}}];
const CORS = {{cors}};

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
