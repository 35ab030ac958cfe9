const { createSpillway } = require('@spillway/koa');

const spillway = createSpillway();
const { status, pool } = spillway;
pool('required', { backends: [{ id: 'only', url: 'http://127.0.0.1:9' }] });
if (status().pools.required === undefined) throw new Error('require() gave no working module');
spillway.shutdown().then(() => console.log('required: works'));
