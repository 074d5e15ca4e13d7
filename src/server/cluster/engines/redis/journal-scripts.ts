/**
 * Finds out where a stream is: its epoch is a run of the Redis server, and its numbers begin with the time, so that
 * what Redis has lost is not counted again. What is too old in all of the stream is forgotten up to `forgotten`, which
 * the times of some entries tell: entries themselves end with their time, so it may be late.
 *
 * Calls of Redis are what a script costs, so lifetimes are set again only after a while.
 *
 * @param run where it is known, since Redis makes a text of all that it is to tell it
 */
function begin(run: string | undefined): string {
  return `
local base, maxAge = KEYS[1], tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run = ${run === undefined ? `string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')` : `'${run}'`}
local state = redis.call('HMGET', base, 'run', 'position', 'forgotten', 'lost', 'kept')
local position, forgotten, lost = tonumber(state[2]), tonumber(state[3]), tonumber(state[4]) or 0
local isKept = now - (tonumber(state[5]) or 0) < maxAge / 100
local function text(number) return string.format('%.0f', number) end
if state[1] ~= run or not position or not forgotten then
  position = math.max(position or 0, now * 1000)
  forgotten = position
  isKept = false
end
local function keep()
  local times = base .. ':times'
  local old = redis.call('ZRANGEBYSCORE', times, '-inf', now - maxAge)
  if #old > 0 then
    forgotten = math.max(forgotten, tonumber(old[#old]))
    redis.call('ZREMRANGEBYSCORE', times, '-inf', now - maxAge)
  end
  redis.call('ZADD', times, now, text(position))
  redis.call('HSET', base, 'run', run, 'position', text(position), 'forgotten', text(forgotten), 'kept', text(now))
  redis.call('PEXPIRE', base, maxAge * 2)
  redis.call('PEXPIRE', times, maxAge * 2)
end
if not isKept then keep() end
`;
}

/** Reads what is known of a topic, and forgets what is too old of it. */
const TOPIC = `
local function topic(name)
  local key = base .. ':topic:' .. name
  local known = redis.call('HMGET', key, 'last', 'floor', 'bytes', 'count', 'kept')
  return {
    key = key,
    entries = key .. ':entries',
    last = math.max(lost, tonumber(known[1]) or forgotten),
    floor = math.max(lost, tonumber(known[2]) or forgotten),
    bytes = tonumber(known[3]) or 0,
    count = tonumber(known[4]) or 0,
    kept = tonumber(known[5]) or 0,
  }
end
`;

/**
 * Counts an entry, keeps it once, lets go of the oldest, and publishes it, all at once. What no topic has any more is
 * not kept until its time is over: a busy topic would take all the more memory.
 *
 * ARGV: max age, max entries, max bytes, key of the entry, whether a known one is to be left out ('1'), the entry, its
 * topics as JSON, its size, the number of topics, the topics, the command to publish with, the message before and after
 * the entry, and after the place, and then pairs of a channel and a head.
 */
export const append = (run?: string): string => `
local known = KEYS[1] .. ':known:' .. ARGV[4]
local before = redis.call('GET', known)
if before then
  if ARGV[5] == '1' then return false end
  return before
end
${begin(run)}
${TOPIC}
local maxEntries, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local function letGo(at, holders)
  if holders > 1 then
    local gone = base .. ':gone:' .. at
    local times = redis.call('INCR', gone)
    if times == 1 then redis.call('PEXPIRE', gone, maxAge) end
    if times < holders then return end
    redis.call('UNLINK', gone)
  end
  redis.call('UNLINK', base .. ':entry:' .. at)
end
local function drop(one, removed, isKeptNoMore)
  for _, member in ipairs(removed) do
    local at, size, holders = string.match(member, '^(%d+):(%d+):(%d+)$')
    if isKeptNoMore then letGo(at, tonumber(holders)) end
    one.floor = math.max(one.floor, tonumber(at))
    one.bytes = one.bytes - tonumber(size)
    one.count = one.count - 1
  end
end
position = position + 1
local at = text(position)
local member = at .. ':' .. ARGV[8] .. ':' .. ARGV[9]
local size, count = tonumber(ARGV[8]), tonumber(ARGV[9])
local previous = {}
for index = 1, count do
  local one = topic(ARGV[9 + index])
  previous[index] = text(one.last)
  if one.count > 0 and one.floor < forgotten then
    local old = redis.call('ZRANGEBYSCORE', one.entries, '-inf', text(forgotten))
    if #old > 0 then redis.call('ZREMRANGEBYSCORE', one.entries, '-inf', text(forgotten)) end
    drop(one, old, false)
    one.floor = math.max(one.floor, forgotten)
  end
  redis.call('ZADD', one.entries, at, member)
  one.bytes = one.bytes + size
  one.count = one.count + 1
  while one.count > 0 and (one.count > maxEntries or one.bytes > maxBytes) do
    local removed = redis.call('ZPOPMIN', one.entries)
    if not removed[1] then break end
    drop(one, { removed[1] }, true)
  end
  if now - one.kept > maxAge / 4 then
    one.kept = now
    redis.call('PEXPIRE', one.entries, maxAge * 2)
  end
  redis.call(
    'HSET', one.key, 'last', at, 'floor', text(one.floor), 'bytes', text(one.bytes), 'count', one.count,
    'kept', text(one.kept)
  )
  if one.kept == now then redis.call('PEXPIRE', one.key, maxAge * 2) end
end
local place = '{"run":"' .. run .. '","position":' .. at .. ',"previous":[' .. table.concat(previous, ',') .. ']}'
redis.call('HSET', base, 'position', at)
redis.call('SET', base .. ':entry:' .. at, place .. '\\n[' .. ARGV[7] .. ',' .. ARGV[6] .. ']', 'PX', maxAge)
redis.call('SET', known, place, 'PX', maxAge)
local next = 10 + count
local message = ARGV[next + 1] .. ARGV[6] .. ARGV[next + 2] .. place .. ARGV[next + 3]
local head, whole
for index = next + 4, #ARGV, 2 do
  if ARGV[index + 1] ~= head then
    head = ARGV[index + 1]
    whole = head .. '\\n' .. message
  end
  redis.call(ARGV[next], ARGV[index], whole)
end
return place
`;

/** Counts something that was lost: nothing before it can be told from then on. ARGV: max age. */
export const forget = (run?: string): string => `${begin(run)}
position = position + 1
redis.call('HSET', base, 'position', text(position), 'lost', text(position))
return text(position)
`;

/**
 * Says where a stream is, and reads what topics have after positions, for several questions. ARGV: max age, and for
 * each question the most entries, the most bytes, the number of topics, and then pairs of a topic and a position.
 * Answers with the run, the position, the entries, and for each question a list of numbers of entries; none if some
 * that it asks for are not kept any more.
 */
export const read = (run?: string): string => `${begin(run)}
${TOPIC}
local topics, entries, numbers, lists = {}, {}, {}, {}
local function answer(first, last, mostEntries, mostBytes)
  local found, list, bytes = {}, {}, 0
  for index = first, last, 2 do
    local name, since = ARGV[index], tonumber(ARGV[index + 1])
    local one = topics[name] or topic(name)
    topics[name] = one
    if since < one.floor then return false end
    if one.last > since then
      local members = redis.call('ZRANGEBYSCORE', one.entries, '(' .. text(since), '+inf')
      if #members == 0 then return false end
      for _, member in ipairs(members) do
        local at, size = string.match(member, '^(%d+):(%d+):')
        if not found[at] then
          found[at] = true
          list[#list + 1] = at
          bytes = bytes + tonumber(size)
          if #list > mostEntries or bytes > mostBytes then return false end
        end
      end
    end
  end
  table.sort(list, function(one, other) return tonumber(one) < tonumber(other) end)
  for index, at in ipairs(list) do
    if not numbers[at] then
      local entry = redis.call('GET', base .. ':entry:' .. at)
      if not entry then return false end
      entries[#entries + 1] = entry
      numbers[at] = #entries
    end
    list[index] = numbers[at]
  end
  return list
end
local next = 2
while next <= #ARGV do
  local last = next + 2 + 2 * tonumber(ARGV[next + 2])
  lists[#lists + 1] = answer(next + 3, last, tonumber(ARGV[next]), tonumber(ARGV[next + 1]))
  next = last + 1
end
return { run, text(position), entries, lists }
`;

/** Says which run of the Redis server this is. */
export const RUN = "return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')";
