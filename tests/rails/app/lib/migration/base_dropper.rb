# frozen_string_literal: true

module Migration
  # Imitates how columns that a later migration drops are made read-only: a trigger with a function in a schema that no dump contains.
  class BaseDropper
    SCHEMA = "discourse_functions"

    class << self
      # Table and column of all that migrations of this image drop, as their constant DROPPED_COLUMNS says.
      def dropped
        files = Dir[Rails.root.join("db/{migrate,post_migrate}/*.rb")].select { |file| File.read(file).include?("DROPPED_COLUMNS") }
        files.flat_map do |file|
          require file
          columns = File.basename(file, ".rb").sub(/\A\d+_/, "").camelize.constantize::DROPPED_COLUMNS
          columns.flat_map { |table, names| names.map { |name| [table.to_s, name] } }
        end
      end

      def existing_discourse_function_names
        DB.query_single("SELECT routine_name::text FROM information_schema.routines WHERE specific_schema = ?", SCHEMA)
      end

      def readonly_function_name(table, column, with_schema: true)
        "#{"#{SCHEMA}." if with_schema}raise_#{table}_#{column}_readonly()"
      end

      def readonly_trigger_name(table, column = nil)
        [table, column, "readonly"].compact.join("_")
      end

      def create_readonly_function(table, column)
        DB.exec(<<~SQL)
          CREATE SCHEMA IF NOT EXISTS #{SCHEMA};
          CREATE OR REPLACE FUNCTION #{readonly_function_name(table, column)} RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RAISE EXCEPTION 'Discourse: #{column} in #{table} is readonly'; END $$;
        SQL
      end

      def drop_readonly_function(table, column)
        DB.exec("DROP FUNCTION IF EXISTS #{readonly_function_name(table, column)} CASCADE")
      end

      def mark_readonly(table, column)
        create_readonly_function(table, column)
        DB.exec(<<~SQL)
          CREATE TRIGGER #{readonly_trigger_name(table, column)} BEFORE INSERT OR UPDATE OF #{column} ON #{table}
          FOR EACH ROW WHEN (NEW.#{column} IS NOT NULL) EXECUTE FUNCTION #{readonly_function_name(table, column)}
        SQL
      end
    end
  end
end
