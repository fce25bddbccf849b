# frozen_string_literal: true

# Imitates DbHelper: every text column of the schema public, one UPDATE and one transaction per table.
class DbHelper
  COLUMNS = <<~SQL
    SELECT table_name::text AS table, column_name::text AS column, character_maximum_length AS longest
      FROM information_schema.columns
     WHERE table_schema = 'public' AND is_updatable = 'YES' AND (data_type LIKE 'char%' OR data_type LIKE 'text%')
     ORDER BY table_name, column_name
  SQL
  READ_ONLY = "SELECT trigger_name::text FROM information_schema.triggers WHERE trigger_name LIKE '%\\_readonly'"
  # What is cut rather than refused.
  CUT = ["topic_links.url"].freeze

  # How a column's text is replaced, and which rows are touched.
  Change = Struct.new(:replacement, :condition, :values)

  class << self
    # `%` and `_` of the text are wildcards where rows are looked for.
    def remap(from, to, anchor_left: false, anchor_right: false, **options)
      pattern = "#{'%' unless anchor_left}#{from}#{'%' unless anchor_right}"
      apply(Change.new("REPLACE(%s, :from, :to)", "%s LIKE :pattern", { from: from, to: to, pattern: pattern }), **options)
    end

    def regexp_replace(pattern, replacement, flags: "gi", match: "~*", **options)
      values = { pattern: pattern, replacement: replacement, flags: flags }
      apply(Change.new("REGEXP_REPLACE(%s, :pattern, :replacement, :flags)", "%s #{match} :pattern", values), **options)
    end

    # What a process forgets after a change; others keep it.
    def finish!
      Steps.reach("remap-finish")
      SiteSetting.refresh!
    end

    # All values that contain the text.
    def find(needle, excluded_tables: [], **)
      columns(excluded_tables).flat_map { |table, names| names.map { |column| [table, column] } }.filter_map do |table, column|
        rows = DB.query_single(%(SELECT "#{column.column}" FROM "#{table}" WHERE "#{column.column}" LIKE ?), "%#{needle}%")
        ["#{table}.#{column.column}", rows] if rows.any?
      end.to_h
    end

    private

    def apply(change, excluded_tables: [], verbose: false, skip_max_length_violations: false)
      columns(excluded_tables).each do |table, columns|
        Steps.reach("remap-#{table}")
        rows = update(table, columns, change, skip_max_length_violations)
        puts "#{table}=#{rows}" if verbose && rows.positive?
      end
      finish!
    end

    def update(table, columns, change, skip)
      set = columns.map { |column| "#{quoted(column)} = #{replacement(table, column, change)}" }
      where = columns.map { |column| condition(table, column, change, skip) }
      DB.exec(%(UPDATE "#{table}" SET #{set.join(', ')} WHERE #{where.join(' OR ')}), change.values)
    rescue PG::StringDataRightTruncation => e
      limits = columns.select(&:longest).map { |column| "#{column.column}(#{column.longest})" }
      raise PG::StringDataRightTruncation, "#{e.message.strip} (table: #{table}, columns with length constraints: #{limits.join(', ')})"
    end

    def quoted(column)
      %("#{column.column}")
    end

    def replacement(table, column, change)
      text = format(change.replacement, quoted(column))
      column.longest && CUT.include?("#{table}.#{column.column}") ? "LEFT(#{text}, #{column.longest})" : text
    end

    def condition(table, column, change, skip)
      text = "#{quoted(column)} IS NOT NULL AND #{format(change.condition, quoted(column))}"
      text += " AND LENGTH(#{replacement(table, column, change)}) <= #{column.longest}" if skip && column.longest
      "(#{text})"
    end

    # By table; without those that a trigger keeps as they are.
    def columns(excluded_tables)
      triggers = DB.query_single(READ_ONLY)
      DB.query(COLUMNS).reject do |column|
        excluded_tables.include?(column.table) ||
          triggers.include?(Migration::BaseDropper.readonly_trigger_name(column.table, column.column))
      end.group_by(&:table)
    end
  end
end
