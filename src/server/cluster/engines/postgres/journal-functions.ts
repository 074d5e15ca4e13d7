/**
 * The tables. An entry is kept once, and a row for each of its topics says where it is there: after which other one, as
 * which by its number, and how many bytes there were by then. So nothing has to be counted to see how much a topic has.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS $.nestjs_sockets_clusters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  source text NOT NULL,
  epoch text NOT NULL
);
CREATE TABLE IF NOT EXISTS $.nestjs_sockets_streams (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  forgotten bigint NOT NULL,
  lost bigint NOT NULL DEFAULT 0,
  UNIQUE (cluster, name)
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS $.nestjs_sockets_entries (
  stream bigint NOT NULL,
  position bigint NOT NULL,
  id text NOT NULL,
  key text COLLATE "C" NOT NULL,
  topics text NOT NULL,
  kept_at timestamptz NOT NULL,
  place text NOT NULL,
  data text NOT NULL,
  PRIMARY KEY (stream, position),
  UNIQUE (stream, key)
);
CREATE TABLE IF NOT EXISTS $.nestjs_sockets_topics (
  stream bigint NOT NULL,
  topic text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  previous bigint NOT NULL,
  number bigint NOT NULL,
  bytes bigint NOT NULL,
  total bigint NOT NULL,
  PRIMARY KEY (stream, topic, position)
);
`;

/**
 * Counts entries, keeps them, and notifies the other servers, all in one transaction. The rows of their streams stay
 * locked until it ends, so that positions are given in the order of commits; they are locked in the order of their
 * names, so that two servers do not wait for each other.
 *
 * The numbers of a stream begin with the time, so that a table that was emptied does not give them again. Topics are
 * separated by spaces. Of each message there are two lines: what the parts of it begin with, and its envelope.
 */
const APPEND = `
CREATE FUNCTION $.nestjs_sockets_append_v1(
  of_cluster text, channel text, max_entries bigint, max_bytes bigint, of_streams text[], ids text[], keys text[],
  once boolean[], topic_lists text[], topic_names text[], sizes bigint[], contents text[], befores text[],
  betweens text[], afters text[], messages text[]
) RETURNS text[] LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  my_cluster bigint; my_epoch text; base bigint; answers text[] := '{}'; known record; line record; newest record;
  one text; came_from bigint; before_it text[]; my_place text; lines text[]; message text; size bigint; gone bigint[];
BEGIN
  SELECT c.id, c.epoch INTO STRICT my_cluster, my_epoch FROM $.nestjs_sockets_clusters c WHERE c.name = of_cluster;
  base := floor(extract(epoch FROM clock_timestamp()) * 1000000);
  INSERT INTO $.nestjs_sockets_streams (cluster, name, position, forgotten)
    SELECT my_cluster, wanted.name, base, base
    FROM (SELECT DISTINCT unnest(of_streams) COLLATE "C" AS name) wanted
    WHERE NOT EXISTS (
      SELECT FROM $.nestjs_sockets_streams s WHERE s.cluster = my_cluster AND s.name = wanted.name
    )
    ORDER BY wanted.name
    ON CONFLICT DO NOTHING;
  PERFORM s.id FROM $.nestjs_sockets_streams s WHERE s.cluster = my_cluster AND s.name = ANY (of_streams)
    ORDER BY s.name FOR UPDATE;
  FOR i IN 1 .. cardinality(of_streams) LOOP
    SELECT e.id, e.place INTO known FROM $.nestjs_sockets_entries e JOIN $.nestjs_sockets_streams s ON s.id = e.stream
      WHERE s.cluster = my_cluster AND s.name = of_streams[i] AND e.key = keys[i];
    IF FOUND THEN
      answers[i] := CASE WHEN once[i] AND known.id <> ids[i] THEN NULL ELSE known.place END;
      CONTINUE;
    END IF;
    UPDATE $.nestjs_sockets_streams s SET position = s.position + 1
      WHERE s.cluster = my_cluster AND s.name = of_streams[i] RETURNING s.* INTO STRICT line;
    before_it := '{}';
    size := sizes[i];
    FOREACH one IN ARRAY string_to_array(topic_lists[i], ' ') LOOP
      SELECT t.position, t.number, t.total INTO newest FROM $.nestjs_sockets_topics t
        WHERE t.stream = line.id AND t.topic = one ORDER BY t.position DESC LIMIT 1;
      came_from := greatest(line.lost, coalesce(newest.position, line.forgotten));
      before_it := before_it || came_from::text;
      INSERT INTO $.nestjs_sockets_topics (stream, topic, position, previous, number, bytes, total)
        VALUES (line.id, one, line.position, came_from, coalesce(newest.number, 0) + 1, size,
          coalesce(newest.total, 0) + size)
        ON CONFLICT DO NOTHING;
      -- Now and then, since whoever reads looks at the limits, too.
      CONTINUE WHEN newest.number IS NULL
        OR ((newest.number + 1) % 100 <> 0 AND (newest.total + size) / 131072 = newest.total / 131072);
      WITH trimmed AS (
        DELETE FROM $.nestjs_sockets_topics t
          WHERE t.stream = line.id AND t.topic = one AND t.position < line.position
            AND (t.number <= newest.number + 1 - max_entries
              OR newest.total + size - (t.total - t.bytes) > max_bytes)
          RETURNING t.position
      ) SELECT array_agg(trimmed.position) INTO gone FROM trimmed;
      UPDATE $.nestjs_sockets_entries e SET data = '' WHERE e.stream = line.id AND e.position = ANY (gone)
        AND NOT EXISTS (
          SELECT FROM $.nestjs_sockets_topics t WHERE t.stream = e.stream AND t.position = e.position
            AND t.topic = ANY (string_to_array(e.topics, ' '))
        );
    END LOOP;
    my_place := '{"run":"' || my_epoch || '","position":' || line.position || ',"previous":['
      || array_to_string(before_it, ',') || ']}';
    INSERT INTO $.nestjs_sockets_entries (stream, position, id, key, topics, kept_at, place, data)
      VALUES (line.id, line.position, ids[i], keys[i], topic_lists[i], clock_timestamp(), my_place,
        '[' || topic_names[i] || ',' || contents[i] || ']');
    answers[i] := my_place;
    lines := string_to_array(messages[i], chr(10));
    FOR nth IN 1 .. cardinality(lines) BY 2 LOOP
      message := lines[nth + 1] || chr(10) || befores[i] || contents[i] || betweens[i] || my_place || afters[i];
      size := (length(message) + 7799) / 7800;
      PERFORM pg_notify(channel, lines[nth] || '.' || part || '.' || size || ':'
        || substr(message, ((part - 1) * 7800 + 1)::int, 7800)) FROM generate_series(1, size) AS part;
    END LOOP;
  END LOOP;
  RETURN answers;
END $body$;
`;

/** Says where streams are, and begins those that there are not yet. */
const POSITIONS = `
CREATE FUNCTION $.nestjs_sockets_positions_v1(of_cluster text, of_streams text[])
RETURNS TABLE (epoch text, positions bigint[]) LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  my_cluster bigint; my_epoch text; base bigint;
BEGIN
  SELECT c.id, c.epoch INTO STRICT my_cluster, my_epoch FROM $.nestjs_sockets_clusters c WHERE c.name = of_cluster;
  IF EXISTS (SELECT FROM unnest(of_streams) AS wanted WHERE NOT EXISTS (
    SELECT FROM $.nestjs_sockets_streams s WHERE s.cluster = my_cluster AND s.name = wanted
  )) THEN
    base := floor(extract(epoch FROM clock_timestamp()) * 1000000);
    INSERT INTO $.nestjs_sockets_streams (cluster, name, position, forgotten)
      SELECT my_cluster, wanted.name, base, base
      FROM (SELECT DISTINCT unnest(of_streams) COLLATE "C" AS name) wanted ORDER BY wanted.name
      ON CONFLICT DO NOTHING;
  END IF;
  RETURN QUERY SELECT my_epoch, array_agg(s.position ORDER BY wanted.nth)
    FROM unnest(of_streams) WITH ORDINALITY AS wanted (name, nth)
    JOIN $.nestjs_sockets_streams s ON s.cluster = my_cluster AND s.name = wanted.name;
END $body$;
`;

/** Reads what topics have after positions, as of one moment; no entries if some of them are not kept any more. */
const READ = `
CREATE FUNCTION $.nestjs_sockets_read_v1(
  of_cluster text, of_stream text, max_age double precision, max_entries bigint, max_bytes bigint,
  most_entries bigint, most_bytes bigint, topics text[], sinces bigint[]
) RETURNS TABLE (epoch text, at bigint, entries text[]) LANGUAGE plpgsql STABLE AS $body$
#variable_conflict use_column
DECLARE
  line record; newest record; following record; chosen bigint[]; is_complete boolean; data text[];
BEGIN
  SELECT c.epoch, s.id, s.position, s.forgotten, s.lost INTO STRICT line FROM $.nestjs_sockets_clusters c
    JOIN $.nestjs_sockets_streams s ON s.cluster = c.id AND s.name = of_stream WHERE c.name = of_cluster;
  FOR i IN 1 .. cardinality(topics) LOOP
    is_complete := sinces[i] >= line.lost AND sinces[i] <= line.position;
    SELECT t.number, t.total INTO newest FROM $.nestjs_sockets_topics t
      WHERE t.stream = line.id AND t.topic = topics[i] ORDER BY t.position DESC LIMIT 1;
    IF NOT FOUND THEN
      is_complete := is_complete AND sinces[i] >= line.forgotten;
    ELSE
      SELECT t.previous, t.number, t.total, t.bytes INTO following FROM $.nestjs_sockets_topics t
        WHERE t.stream = line.id AND t.topic = topics[i] AND t.position > sinces[i] ORDER BY t.position LIMIT 1;
      IF FOUND THEN
        is_complete := is_complete AND following.previous <= sinces[i]
          AND following.number > newest.number - max_entries
          AND newest.total - (following.total - following.bytes) <= max_bytes;
      END IF;
    END IF;
    IF NOT is_complete THEN
      RETURN QUERY SELECT line.epoch, line.position, NULL::text[];
      RETURN;
    END IF;
  END LOOP;
  SELECT array_agg(one.position), count(*) <= most_entries AND coalesce(sum(one.bytes), 0) <= most_bytes
    INTO chosen, is_complete FROM (
      SELECT DISTINCT t.position, t.bytes FROM unnest(topics, sinces) AS asked (topic, since)
        JOIN $.nestjs_sockets_topics t ON t.stream = line.id AND t.topic = asked.topic AND t.position > asked.since
    ) one;
  IF is_complete THEN
    SELECT coalesce(array_agg(e.place || chr(10) || e.data ORDER BY e.position), '{}'),
        count(*) = coalesce(cardinality(chosen), 0)
          AND coalesce(bool_and(e.data <> '' AND e.kept_at >= clock_timestamp() - max_age * interval '1 ms'), true)
      INTO data, is_complete
      FROM $.nestjs_sockets_entries e WHERE e.stream = line.id AND e.position = ANY (chosen);
  END IF;
  RETURN QUERY SELECT line.epoch, line.position, CASE WHEN is_complete THEN data END;
END $body$;
`;

/** Notes that something was lost: nothing before it can be told from then on. */
const FORGET = `
CREATE FUNCTION $.nestjs_sockets_forget_v1(of_cluster text, of_stream text) RETURNS void LANGUAGE sql AS $body$
  UPDATE $.nestjs_sockets_streams s SET position = s.position + 1, lost = s.position + 1
    FROM $.nestjs_sockets_clusters c WHERE c.name = of_cluster AND s.cluster = c.id AND s.name = of_stream;
$body$;
`;

/**
 * Deletes some of what is too old, of one stream: the first one after another, by its name, that has any. The row of
 * the stream is locked until the call ends, and publications of it wait for that.
 */
const CLEAN = `
CREATE FUNCTION $.nestjs_sockets_clean_v2(of_cluster text, after_stream text, max_age double precision, most bigint)
RETURNS TABLE (cleaned text, deleted bigint) LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  line record; last_old bigint; number bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('nestjs-sockets journal'), hashtext(of_cluster)) THEN
    RETURN;
  END IF;
  FOR line IN SELECT s.id, s.name FROM $.nestjs_sockets_streams s JOIN $.nestjs_sockets_clusters c ON c.id = s.cluster
    WHERE c.name = of_cluster AND s.name > after_stream ORDER BY s.name
  LOOP
    SELECT max(old.position) INTO last_old FROM (
      SELECT e.position, e.kept_at FROM $.nestjs_sockets_entries e WHERE e.stream = line.id ORDER BY e.position
        LIMIT most
    ) old WHERE old.kept_at < clock_timestamp() - max_age * interval '1 ms';
    CONTINUE WHEN last_old IS NULL;
    UPDATE $.nestjs_sockets_streams s SET forgotten = greatest(s.forgotten, last_old) WHERE s.id = line.id;
    WITH gone AS (
      DELETE FROM $.nestjs_sockets_entries e WHERE e.stream = line.id AND e.position <= last_old
        RETURNING e.position, e.topics
    ), unlisted AS (
      DELETE FROM $.nestjs_sockets_topics t USING gone, unnest(string_to_array(gone.topics, ' ')) AS one
        WHERE t.stream = line.id AND t.topic = one AND t.position = gone.position
    ) SELECT count(*) INTO number FROM gone;
    RETURN QUERY SELECT line.name, number;
    RETURN;
  END LOOP;
END $body$;
`;

/** All of it, in which `$.` stands for the schema. */
export const PARTS = [TABLES, APPEND, POSITIONS, READ, FORGET, CLEAN];

/** What all of it is called, as `to_regclass` and `to_regproc` find it. */
export const RELATIONS = ['clusters', 'streams', 'entries', 'topics'].map((name) => `nestjs_sockets_${name}`);
export const FUNCTIONS = ['append_v1', 'positions_v1', 'read_v1', 'forget_v1', 'clean_v2'].map(
  (name) => `nestjs_sockets_${name}`,
);
