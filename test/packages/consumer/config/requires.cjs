const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { loadConfig } = require('@spillway/config');
const { createSpillway } = require('@spillway/express');

const file = join(__dirname, 'required.yaml');
writeFileSync(file, 'pools:\n  chat:\n    backends: [{ id: only, url: "http://127.0.0.1:9" }]\n');
loadConfig(file).then(async (config) => {
  const spillway = createSpillway({ config });
  if (spillway.pool('chat').status().backends[0].id !== 'only') {
    throw new Error('require() gave no working module');
  }
  await spillway.shutdown();
  console.log('required: works');
});
