# frozen_string_literal: true

# Imitates nothing: what the files that this application has in common with tests/workload/app expect of Active Record, and what
# migrations that name a newer Rails do.
module PlainQueries
  # Rows as hashes with typed values.
  def query(sql, *values)
    connection.materialize_transactions
    raw = connection.raw_connection
    raw.exec_params(sql, values).tap { |result| result.type_map = PG::BasicTypeMapForResults.new(raw) }.to_a
  end
end
ActiveRecord::Base.extend(PlainQueries)

compatibility = ActiveRecord::Migration::Compatibility
compatibility.const_set(:V7_2, ActiveRecord::Migration::Current) unless compatibility.const_defined?(:V7_2)
