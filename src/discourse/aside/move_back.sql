DO $charm$
DECLARE
  found record;
  kinds constant jsonb := '{"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE"}';
BEGIN
  IF NOT EXISTS (SELECT FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace('backup')) THEN
    RETURN;
  END IF;
  FOR found IN SELECT relname, relkind FROM pg_class c WHERE relnamespace = to_regnamespace('public')
      AND kinds ? relkind::text AND pg_has_role(relowner, 'USAGE') AND NOT EXISTS (SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
          AND (d.deptype = 'e' OR relkind = 'S' AND d.deptype IN ('a', 'i'))) LOOP
    EXECUTE format('DROP %s IF EXISTS public.%I CASCADE', kinds ->> found.relkind::text, found.relname);
  END LOOP;
  FOR found IN SELECT typname FROM pg_type t WHERE typnamespace = to_regnamespace('public') AND typtype = 'e'
      AND pg_has_role(typowner, 'USAGE') AND NOT EXISTS (SELECT FROM pg_depend d
        WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e') LOOP
    EXECUTE format('DROP TYPE public.%I CASCADE', found.typname);
  END LOOP;
  FOR found IN SELECT typname FROM pg_type WHERE typnamespace = to_regnamespace('backup') AND typtype = 'e' LOOP
    EXECUTE format('ALTER TYPE backup.%I SET SCHEMA public', found.typname);
  END LOOP;
  FOR found IN SELECT relname, relkind FROM pg_class c WHERE relnamespace = to_regnamespace('backup')
      AND kinds ? relkind::text AND NOT EXISTS (SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND relkind = 'S' AND d.deptype IN ('a', 'i')) LOOP
    EXECUTE format('ALTER %s backup.%I SET SCHEMA public', kinds ->> found.relkind::text, found.relname);
  END LOOP;
END $charm$;
