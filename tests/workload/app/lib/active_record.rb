# frozen_string_literal: true

require "pg"

# As much of MiniSql as the image's own tasks need.
module DB
  def self.query_single(sql)
    ActiveRecord::Base.query(sql).flat_map(&:values)
  end
end

# As much of Active Record as Discourse's classes need here, on one PostgreSQL connection.
module ActiveRecord
  class ActiveRecordError < StandardError; end
  class ConnectionNotEstablished < ActiveRecordError; end
  class StatementInvalid < ActiveRecordError; end
  class RecordNotUnique < StatementInvalid; end
  class RecordNotFound < ActiveRecordError; end
  class Rollback < ActiveRecordError; end

  # A save that validation refused.
  class RecordInvalid < ActiveRecordError
    attr_reader :record

    def initialize(record)
      @record = record
      super("Validation failed: #{record.errors.full_messages.join(', ')}")
    end
  end

  # The connection of this process.
  module Base
    class << self
      def connection
        @connection ||= connect
      end

      def disconnect!
        @connection&.close
        @connection = nil
      end

      # Rows as hashes with typed values.
      def query(sql, *values)
        connection.exec_params(sql, values).to_a
      rescue PG::UniqueViolation => e
        raise RecordNotUnique, "#{e.class}: #{e.message}"
      rescue PG::ConnectionBad, PG::UnableToSend => e
        lose_connection
        raise ConnectionNotEstablished, e.message
      rescue PG::Error => e
        raise StatementInvalid, "#{e.class}: #{e.message}"
      end

      def in_transaction?
        @in_transaction ? true : false
      end

      # A transaction inside another one joins it.
      def transaction
        return yield if @in_transaction

        begin
          @in_transaction = true
          connection.transaction { yield }
        ensure
          @in_transaction = false
        end
      rescue Rollback
        nil
      end

      # A connection of its own, for locks that must not share a transaction.
      def connect
        connection = PG.connect(parameters)
        connection.type_map_for_results = PG::BasicTypeMapForResults.new(connection)
        GlobalSetting.db_variables.each do |name, value|
          connection.exec("SET SESSION #{connection.quote_ident(name)} TO #{connection.escape_literal(value)}")
        end
        connection
      rescue PG::Error => e
        raise ConnectionNotEstablished, e.message
      end

      private

      def lose_connection
        @connection&.close
      rescue PG::Error
        nil
      ensure
        @connection = nil
      end

      def parameters
        {
          host: GlobalSetting.db_host || GlobalSetting.db_socket, port: GlobalSetting.db_port,
          dbname: GlobalSetting.db_name.to_s, user: GlobalSetting.db_username.to_s,
          password: GlobalSetting.db_password&.to_s,
          connect_timeout: GlobalSetting.db_connect_timeout
        }.compact
      end
    end
  end
end
