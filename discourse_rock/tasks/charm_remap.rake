# frozen_string_literal: true

# The task charm:remap. charm_operation.rake has what it shares with the other operations.
module Charm
  # Replaces a text in all columns of text, as Discourse's DbHelper does, but exactly where it is found, never in Rails' own tables, and
  # either everywhere or not at all: a text that is replaced twice is wrong if the new one contains the old one.
  class Remap
    # Columns of text that may be written; Discourse guards those that it is about to drop with a trigger.
    COLUMNS = <<~SQL
      SELECT c.table_name, c.column_name, c.character_maximum_length
        FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
       WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_updatable = 'YES' AND c.is_generated = 'NEVER'
         AND (c.data_type LIKE 'char%' OR c.data_type LIKE 'text%')
         AND c.table_name NOT IN ('schema_migrations', 'ar_internal_metadata')
         AND NOT EXISTS (SELECT 1 FROM information_schema.triggers g
                          WHERE g.event_object_schema = 'public' AND g.event_object_table = c.table_name
                            AND g.trigger_name IN (c.table_name || '_' || c.column_name || '_readonly', c.table_name || '_readonly'))
       ORDER BY c.table_name, c.column_name
    SQL
    # Discourse cuts these off, too.
    CUT = [%w[topic_links url]].freeze

    Column = Struct.new(:table, :name, :limit) do
      def cut?
        CUT.include?([table, name])
      end
    end

    def self.parameters
      { "from" => Parameters::TEXT, "to" => ->(value) { value == "" || Parameters::TEXT === value }, "regex" => Parameters::BOOLEAN }
    end

    def initialize(request, lock)
      @from, @to = request.values_at("from", "to").map { |text| lock.quote(text) }
      @regex = request["regex"]
      @lock = lock
      @changed = 0
    end

    def prepare; end

    def perform
      Operation.marked { replace }
      finish if @changed.positive?
      { changed: @changed }
    end

    private

    def replace
      tables = columns.group_by(&:table)
      refuse_overlong(tables)
      @lock.transaction { tables.each { |table, columns| change(table, columns) } }
    end

    # The texts are replaced, so an error must not ask for the same again. Caches end with the restart of each unit.
    def finish
      DbHelper.finish!
    rescue StandardError, SignalException => e
      warn "Discourse's caches keep old texts: #{Operation.line(e)}"
    end

    def columns
      @lock.rows(COLUMNS).map { |table, name, limit| Column.new(table, name, limit&.to_i) }
    end

    def refuse_overlong(tables)
      found = tables.values.flatten.select { |column| column.limit && !column.cut? }.filter_map { |column| overlong(column) }
      raise "values would get too long, nothing was changed: #{found.join(', ')}" unless found.empty?
    end

    def overlong(column)
      Operation.count("looking at #{column.table}")
      count = @lock.value("SELECT count(*) FROM public.#{name(column.table)} " \
                          "WHERE #{match(column)} AND length(#{replaced(column)}) > #{column.limit}").to_i
      "#{column.table}.#{column.name} (#{count} over #{column.limit})" if count.positive?
    end

    def change(table, columns)
      Operation.count("#{table}, #{@changed} rows changed before it")
      set = columns.map { |column| "#{name(column.name)} = #{limited(column)}" }
      where = columns.map { |column| "(#{match(column)})" }
      @changed += @lock.change("UPDATE public.#{name(table)} SET #{set.join(', ')} WHERE #{where.join(' OR ')}")
    rescue PG::Error => e
      raise "nothing was changed: table #{table}: #{Operation.line(e)}"
    end

    def match(column)
      @regex ? "#{name(column.name)} ~* #{@from}" : "position(#{@from} IN #{name(column.name)}) > 0"
    end

    def replaced(column)
      @regex ? "regexp_replace(#{name(column.name)}, #{@from}, #{@to}, 'gi')" : "replace(#{name(column.name)}, #{@from}, #{@to})"
    end

    def limited(column)
      column.cut? && column.limit ? "left(#{replaced(column)}, #{column.limit})" : replaced(column)
    end

    def name(text)
      %("#{text.gsub('"', '""')}")
    end
  end
end

namespace :charm do
  desc "Replace a text in all tables: one JSON object in CHARM_REQUEST"
  task :remap do
    Charm::Operation.run("remap", Charm::Remap)
  end
end
