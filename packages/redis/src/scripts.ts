/** For how long an instance may be silent before what it holds is given to the others. */
export const DEAD_AFTER_MS = 4_000;

/** For how long keys stay that nobody uses any more. */
export const KEYS_KEPT_MS = 60_000;

/**
 * How Bottleneck 2.19.5 names the keys of a limiter: private, hence the pinned version. Those that
 * {@link REVIEW} needs, in its order.
 */
export function bottleneckKeys(id: string): readonly string[] {
  const names = ['settings', 'job_weights', 'job_expirations', 'job_clients', 'client_running'];
  return names.map((name) => `b_${id}_${name}`);
}

/**
 * Called by each instance of each limit that it uses, several times a second: it says that it is
 * there and how many slots it wants, frees the slots of those who are gone, and learns what the
 * others have. Time is the Redis server's, for the instances' clocks differ.
 *
 * KEYS: Bottleneck's five, the time that each client was last seen, and what each wants.
 * ARGV: client, the client that it replaces or '', slots at work that no job of Bottleneck's stands
 * for, slots wanted, slots of the limit, 1 if the limit is to be set.
 *
 * Gives nil when Redis has lost the limiter; otherwise whether slots were freed, jobs that Bottleneck
 * has of the client, the limit as it was, and client, slots and want of each instance in turn.
 *
 * A job is freed as Bottleneck's own free.lua does: by letting it expire, at the next of its scripts.
 */
export const REVIEW = `
local settings, weights, expirations, jobs, running, seen, wants = unpack(KEYS)
local client, replaced = ARGV[1], ARGV[2]
local claimed, wanted = tonumber(ARGV[3]), ARGV[4]

if redis.call('exists', settings) == 0 then return false end
local limit = redis.call('hget', settings, 'maxConcurrent')
if ARGV[6] == '1' then redis.call('hset', settings, 'maxConcurrent', ARGV[5]) end

local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('zadd', seen, now, client)
redis.call('hset', wants, client, wanted)

local held = {}
local gone = {}
if replaced ~= '' then gone[replaced] = true end
local scores = redis.call('zrange', running, 0, -1, 'withscores')
for i = 1, #scores, 2 do
  local other, slots = scores[i], tonumber(scores[i + 1])
  held[other] = slots
  local at = redis.call('zscore', seen, other)
  if at then
    if now - tonumber(at) > ${DEAD_AFTER_MS} then gone[other] = true end
  elseif slots > 0 then
    redis.call('zadd', seen, now, other)
  end
end

local freed = 0
if next(gone) ~= nil or claimed > 0 then
  local all = redis.call('hgetall', jobs)
  for i = 1, #all, 2 do
    if gone[all[i + 1]] then
      redis.call('zadd', expirations, 0, all[i])
      freed = 1
    end
  end
end
for other in pairs(gone) do
  redis.call('zrem', seen, other)
  redis.call('hdel', wants, other)
end

local function claim(number) return 'claimed:' .. client .. ':' .. number end
local number = 1
local stood = 0
while number <= claimed or redis.call('hexists', jobs, claim(number)) == 1 do
  local stands = redis.call('hexists', jobs, claim(number)) == 1
  if stands then stood = stood + 1 end
  if number > claimed then
    redis.call('zadd', expirations, 0, claim(number))
    freed = 1
  elseif not stands then
    redis.call('hset', weights, claim(number), 1)
    redis.call('hset', jobs, claim(number), client)
    redis.call('zincrby', running, 1, client)
    redis.call('hincrby', settings, 'running', 1)
  end
  number = number + 1
end

local reply = { freed, (held[client] or 0) - stood, tonumber(limit) or 0 }
local wanting = redis.call('hgetall', wants)
for i = 1, #wanting, 2 do
  local other = wanting[i]
  local at = redis.call('zscore', seen, other)
  if at and now - tonumber(at) <= ${DEAD_AFTER_MS} then
    table.insert(reply, other)
    table.insert(reply, held[other] or 0)
    table.insert(reply, tonumber(wanting[i + 1]))
  else
    redis.call('hdel', wants, other)
  end
end
for _, key in ipairs(KEYS) do redis.call('pexpire', key, ${KEYS_KEPT_MS}) end
return reply
`;

/**
 * Says that an instance is there, and gives how many there are.
 *
 * KEYS: the time that each instance was last seen. ARGV: the instance.
 */
export const PRESENCE = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('zadd', KEYS[1], now, ARGV[1])
redis.call('zremrangebyscore', KEYS[1], '-inf', now - ${DEAD_AFTER_MS})
redis.call('pexpire', KEYS[1], ${KEYS_KEPT_MS})
return redis.call('zcard', KEYS[1])
`;

/**
 * Writes a part of what instances have in common, and tells all of them.
 *
 * KEYS: a hash. ARGV: the field, its value, the channel, what comes behind the version in the message.
 */
export const PUBLISH = `
redis.call('hset', KEYS[1], ARGV[1], ARGV[2])
local version = redis.call('hincrby', KEYS[1], 'version', 1)
redis.call('publish', ARGV[3], version .. ' ' .. ARGV[4])
return version
`;
