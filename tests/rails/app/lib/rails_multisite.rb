# frozen_string_literal: true

# Imitates the gem of that name where there is one site.
module RailsMultisite
  module ConnectionManagement
    class << self
      def current_db
        "default"
      end

      def all_dbs
        [current_db]
      end

      def each_connection
        yield current_db
      end

      # A connection of this thread, for the time of the block.
      def with_connection(_db)
        yield current_db
      ensure
        ActiveRecord::Base.clear_active_connections!
      end

      def establish_connection(**)
        ActiveRecord::Base.establish_connection
      end
    end
  end
end
