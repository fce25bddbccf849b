# frozen_string_literal: true

require "ostruct"

# Imitates MiniSql on the connection of Active Record: values for `?` or for `:names`.
module DB
  Row = Class.new(OpenStruct)

  class << self
    # How many rows were changed.
    def exec(sql, *values)
      run(sql, values).cmd_tuples
    end

    def query(sql, *values)
      query_hash(sql, *values).map { |row| Row.new(row) }
    end

    def query_hash(sql, *values)
      run(sql, values).to_a
    end

    # The values of all rows and columns.
    def query_single(sql, *values)
      query_hash(sql, *values).flat_map(&:values)
    end

    private

    def run(sql, values)
      bound = values.empty? ? sql : ActiveRecord::Base.sanitize_sql_array([sql, *values])
      connection = ActiveRecord::Base.connection.raw_connection
      connection.async_exec(bound).tap { |result| result.type_map = PG::BasicTypeMapForResults.new(connection) }
    end
  end
end
