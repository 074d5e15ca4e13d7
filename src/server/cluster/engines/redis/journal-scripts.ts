/**
 * Finds out where a stream is: its epoch is a run of the Redis server, and its numbers begin with the time, so that
 * what Redis has lost is not counted again. What is too old in all of the stream is forgotten up to `forgotten`.
 */
const BEGIN = `
local base, maxAge = KEYS[1], tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local state = redis.call('HMGET', base, 'run', 'position', 'forgotten', 'lost')
local position, forgotten, lost = tonumber(state[2]), tonumber(state[3]), tonumber(state[4]) or 0
if state[1] ~= run or not position or not forgotten then
  position = math.max(position or 0, now * 1000)
  forgotten = position
end
local function text(number) return string.format('%.0f', number) end
local times = base .. ':times'
local old = redis.call('ZRANGEBYSCORE', times, '-inf', now - maxAge)
if #old > 0 then
  forgotten = math.max(forgotten, tonumber(old[#old]))
  redis.call('ZREMRANGEBYSCORE', times, '-inf', now - maxAge)
end
redis.call('HSET', base, 'run', run, 'position', text(position), 'forgotten', text(forgotten))
redis.call('PEXPIRE', base, maxAge * 2)
local function topic(name)
  local key = base .. ':topic:' .. name
  local known = redis.call('HMGET', key, 'last', 'floor', 'bytes')
  return {
    key = key,
    entries = key .. ':entries',
    last = math.max(lost, tonumber(known[1]) or forgotten),
    floor = math.max(lost, tonumber(known[2]) or forgotten),
    bytes = tonumber(known[3]) or 0,
  }
end
local function drop(one, removed)
  for _, member in ipairs(removed) do
    local position, size = string.match(member, '^(%d+):(%d+)$')
    one.floor = math.max(one.floor, tonumber(position))
    one.bytes = one.bytes - tonumber(size)
  end
end
local function dropOld(one)
  local removed = redis.call('ZRANGEBYSCORE', one.entries, '-inf', text(forgotten))
  if #removed == 0 then return end
  redis.call('ZREMRANGEBYSCORE', one.entries, '-inf', text(forgotten))
  drop(one, removed)
end
`;

/**
 * Counts an entry, keeps it once, lets go of the oldest, and publishes it, all at once.
 *
 * ARGV: max age, max entries, max bytes, key of the entry, whether a known one is to be left out ('1'), the entry,
 * its size, the number of topics, the topics, the command to publish with, the message before and after the place, and
 * then pairs of a channel and a head.
 */
export const APPEND = `${BEGIN}
local maxEntries, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local known = base .. ':known:' .. ARGV[4]
local before = redis.call('GET', known)
if before then
  if ARGV[5] == '1' then return false end
  return before
end
position = position + 1
local size, count = tonumber(ARGV[7]), tonumber(ARGV[8])
local previous = {}
for index = 1, count do
  local one = topic(ARGV[8 + index])
  previous[index] = text(one.last)
  dropOld(one)
  redis.call('ZADD', one.entries, text(position), text(position) .. ':' .. size)
  one.bytes = one.bytes + size
  local most = redis.call('ZCARD', one.entries)
  while most > 0 and (most > maxEntries or one.bytes > maxBytes) do
    local removed = redis.call('ZPOPMIN', one.entries)
    drop(one, { removed[1] })
    most = most - 1
  end
  redis.call('HSET', one.key, 'last', text(position), 'floor', text(one.floor), 'bytes', text(one.bytes))
  redis.call('PEXPIRE', one.key, maxAge * 2)
  redis.call('PEXPIRE', one.entries, maxAge * 2)
end
local place = '{"run":"' .. run .. '","position":' .. text(position) ..
  ',"previous":[' .. table.concat(previous, ',') .. ']}'
redis.call('HSET', base, 'position', text(position))
redis.call('ZADD', times, now, text(position))
redis.call('PEXPIRE', times, maxAge * 2)
redis.call('SET', base .. ':entry:' .. text(position), place .. '\\n' .. ARGV[6], 'PX', maxAge)
redis.call('SET', known, place, 'PX', maxAge)
local next = 9 + count
local message = ARGV[next + 1] .. place .. ARGV[next + 2]
local head, text
for index = next + 3, #ARGV, 2 do
  if ARGV[index + 1] ~= head then
    head = ARGV[index + 1]
    text = head .. '\\n' .. message
  end
  redis.call(ARGV[next], ARGV[index], text)
end
return place
`;

/** Counts something that was lost: nothing before it can be told from then on. ARGV: max age. */
export const FORGET = `${BEGIN}
position = position + 1
redis.call('HSET', base, 'position', text(position), 'lost', text(position))
return text(position)
`;

/** Says where a stream is. ARGV: max age. */
export const POSITION = `${BEGIN}
return { run, text(position) }
`;

/**
 * Reads what topics have after positions. ARGV: max age, the most entries, the most bytes, and then pairs of a topic
 * and a position. Answers with the run, the position, and the entries; without them if some are not kept any more.
 */
export const READ = `${BEGIN}
local mostEntries, mostBytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local found, list, bytes = {}, {}, 0
for index = 4, #ARGV, 2 do
  local one, since = topic(ARGV[index]), tonumber(ARGV[index + 1])
  dropOld(one)
  if since < one.floor then return { run, text(position) } end
  if one.last > since then
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', one.entries, '(' .. text(since), '+inf')) do
      local at, size = string.match(member, '^(%d+):(%d+)$')
      if not found[at] then
        found[at] = true
        list[#list + 1] = at
        bytes = bytes + tonumber(size)
        if #list > mostEntries or bytes > mostBytes then return { run, text(position) } end
      end
    end
  end
end
table.sort(list, function(one, other) return tonumber(one) < tonumber(other) end)
local entries = {}
for index, at in ipairs(list) do
  local entry = redis.call('GET', base .. ':entry:' .. at)
  if not entry then return { run, text(position) } end
  entries[index] = entry
end
return { run, text(position), entries }
`;
