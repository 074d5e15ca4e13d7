/**
 * What transactions of the application have written, until it is counted. A row is not seen before its transaction has
 * committed, and is deleted as it is counted: so there is no place in it that somebody could read on from, and miss
 * what was numbered earlier and committed later.
 */
const TABLE = `
CREATE TABLE IF NOT EXISTS $.nestjs_sockets_outbox (
  number bigint GENERATED ALWAYS AS IDENTITY,
  cluster bigint NOT NULL,
  id text NOT NULL,
  stream text COLLATE "C" NOT NULL,
  key text NOT NULL,
  is_once boolean NOT NULL,
  topics text NOT NULL,
  topic_names text NOT NULL,
  bytes bigint NOT NULL,
  data text NOT NULL,
  before text NOT NULL,
  inbetween text NOT NULL,
  after text NOT NULL,
  envelopes text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (cluster, id)
);
ALTER TABLE $.nestjs_sockets_outbox ADD COLUMN IF NOT EXISTS written_at timestamptz NOT NULL DEFAULT clock_timestamp();
`;

/** Writes entries, which are JSON, in the transaction that it is called in. Another database is refused. */
const WRITE = `
CREATE FUNCTION $.nestjs_sockets_write_v1(of_cluster text, of_epoch text, entries text)
RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  my_cluster bigint; written bigint;
BEGIN
  SELECT c.id INTO my_cluster FROM $.nestjs_sockets_clusters c WHERE c.name = of_cluster AND c.epoch = of_epoch;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'This is not the database of the journal.' USING ERRCODE = '42P01';
  END IF;
  INSERT INTO $.nestjs_sockets_outbox (
    cluster, id, stream, key, is_once, topics, topic_names, bytes, data, before, inbetween, after, envelopes
  ) SELECT my_cluster, e.id, e.stream, e.key, e."isOnce", e.topics, e."topicNames", e.bytes, e.data, e.before,
      e.between, e.after, e.envelopes
    FROM json_to_recordset(entries::json) AS e (
      id text, stream text, key text, "isOnce" boolean, topics text, "topicNames" text, bytes bigint, data text,
      before text, "between" text, after text, envelopes text
    );
  GET DIAGNOSTICS written = ROW_COUNT;
  RETURN written;
END $body$;
`;

/** Says what waits, the oldest first. */
const WAITING = `
CREATE FUNCTION $.nestjs_sockets_waiting_v1(of_cluster text, most bigint)
RETURNS TABLE (id text) LANGUAGE sql STABLE AS $body$
  SELECT o.id FROM $.nestjs_sockets_outbox o JOIN $.nestjs_sockets_clusters c ON c.id = o.cluster
    WHERE c.name = of_cluster ORDER BY o.number LIMIT most;
$body$;
`;

/**
 * Counts entries that this server has written, of those that were committed: what was rolled back is not there, unless
 * another server has counted it before. It takes what `append` takes. The streams are locked first, as by whoever
 * counts an entry, so that no two wait for each other.
 */
const TAKE = `
CREATE FUNCTION $.nestjs_sockets_take_v1(
  of_cluster text, channel text, max_entries bigint, max_bytes bigint, of_streams text[], ids text[], keys text[],
  once boolean[], topic_lists text[], topic_names text[], sizes bigint[], contents text[], befores text[],
  betweens text[], afters text[], messages text[]
) RETURNS text[] LANGUAGE plpgsql AS $body$
DECLARE
  my_cluster bigint; taken text[]; answers text[]; missing bigint;
BEGIN
  SELECT c.id INTO STRICT my_cluster FROM $.nestjs_sockets_clusters c WHERE c.name = of_cluster;
  PERFORM s.id FROM $.nestjs_sockets_streams s WHERE s.cluster = my_cluster AND s.name = ANY (of_streams)
    ORDER BY s.name FOR UPDATE;
  WITH gone AS (
    DELETE FROM $.nestjs_sockets_outbox o WHERE o.cluster = my_cluster AND o.id = ANY (ids) RETURNING o.id
  ) SELECT coalesce(array_agg(gone.id), '{}') INTO taken FROM gone;
  taken := taken || ARRAY(
    SELECT e.id FROM unnest(of_streams, ids, keys) AS one (stream, id, key)
      JOIN $.nestjs_sockets_streams s ON s.cluster = my_cluster AND s.name = one.stream
      JOIN $.nestjs_sockets_entries e ON e.stream = s.id AND e.key = one.key AND e.id = one.id
  );
  IF taken @> ids THEN
    RETURN $.nestjs_sockets_append_v1(of_cluster, channel, max_entries, max_bytes, of_streams, ids, keys, once,
      topic_lists, topic_names, sizes, contents, befores, betweens, afters, messages);
  END IF;
  answers := array_fill(NULL::text, ARRAY[cardinality(ids)]);
  FOR i IN 1 .. cardinality(ids) LOOP
    CONTINUE WHEN ids[i] <> ALL (taken);
    answers[i] := ($.nestjs_sockets_append_v1(of_cluster, channel, max_entries, max_bytes, of_streams[i:i], ids[i:i],
      keys[i:i], once[i:i], topic_lists[i:i], topic_names[i:i], sizes[i:i], contents[i:i], befores[i:i], betweens[i:i],
      afters[i:i], messages[i:i]))[1];
  END LOOP;
  RETURN answers;
END $body$;
`;

/**
 * Counts what waits still of some entries, and notifies all servers. The streams are locked first, as by whoever
 * counts an entry, so that the two do not wait for each other: whoever comes second finds that it was done.
 *
 * The messages are those of a sender of their own, whom no server takes for itself: the one that asks for it hears them
 * as all others do.
 *
 * It returns what was counted, as lists of JSON: the data of each, and what its message says at the end.
 */
const RELAY = `
CREATE FUNCTION $.nestjs_sockets_relay_v2(
  of_cluster text, channel text, max_entries bigint, max_bytes bigint, of_ids text[], sender text
) RETURNS text[] LANGUAGE plpgsql AS $body$
DECLARE
  my_cluster bigint; taken record; places text[];
BEGIN
  SELECT c.id INTO STRICT my_cluster FROM $.nestjs_sockets_clusters c WHERE c.name = of_cluster;
  PERFORM s.id FROM $.nestjs_sockets_streams s WHERE s.cluster = my_cluster AND s.name IN (
    SELECT o.stream FROM $.nestjs_sockets_outbox o WHERE o.cluster = my_cluster AND o.id = ANY (of_ids)
  ) ORDER BY s.name FOR UPDATE;
  WITH gone AS (
    DELETE FROM $.nestjs_sockets_outbox o WHERE o.cluster = my_cluster AND o.id = ANY (of_ids) RETURNING o.*
  ), numbered AS (
    SELECT g.*, row_number() OVER (ORDER BY g.number) AS nth, (
      SELECT string_agg(sender || '.' || (g.number * 100 + one.line) || chr(10) || one.envelope, chr(10)
        ORDER BY one.line)
      FROM unnest(string_to_array(g.envelopes, chr(10))) WITH ORDINALITY AS one (envelope, line)
    ) AS messages,
    ceil(greatest(0, extract(epoch FROM clock_timestamp() - g.written_at) * 1000))::bigint AS age FROM gone g
  ) SELECT array_agg(n.stream ORDER BY nth) AS streams, array_agg(n.id ORDER BY nth) AS ids,
      array_agg(n.key ORDER BY nth) AS keys, array_agg(n.is_once ORDER BY nth) AS once,
      array_agg(n.topics ORDER BY nth) AS topics, array_agg(n.topic_names ORDER BY nth) AS topic_names,
      array_agg(n.bytes ORDER BY nth) AS bytes, array_agg(n.data ORDER BY nth) AS data,
      array_agg(n.before ORDER BY nth) AS before, array_agg(n.inbetween ORDER BY nth) AS inbetween,
      array_agg(n.inbetween || n.age || n.after ORDER BY nth) AS after,
      array_agg(coalesce(n.messages, '') ORDER BY nth) AS messages,
      array_agg('[' || n.data || n.after ORDER BY nth) AS told
    INTO taken FROM numbered n;
  IF taken.ids IS NULL THEN
    RETURN '{}';
  END IF;
  places := $.nestjs_sockets_append_v1(of_cluster, channel, max_entries, max_bytes, taken.streams, taken.ids,
    taken.keys, taken.once, taken.topics, taken.topic_names, taken.bytes, taken.data, taken.before, taken.inbetween,
    taken.after, taken.messages);
  RETURN ARRAY(SELECT one.told FROM unnest(taken.told, places) WITH ORDINALITY AS one (told, place, nth)
    WHERE one.place IS NOT NULL ORDER BY one.nth);
END $body$;
`;

/** All of it, in which `$.` stands for the schema. It comes after what the journal consists of. */
export const OUTBOX_PARTS = [TABLE, WRITE, WAITING, TAKE, RELAY];

/** What all of it is called. */
export const OUTBOX_RELATIONS = ['nestjs_sockets_outbox'];
export const OUTBOX_FUNCTIONS = ['write_v1', 'waiting_v1', 'take_v1', 'relay_v2'].map(
  (name) => `nestjs_sockets_${name}`,
);
