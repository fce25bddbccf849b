# frozen_string_literal: true

# A free username for an e-mail address.
module UserNameSuggester
  GENERIC = %w[i me info support admin webmaster hello mail office contact team].freeze

  def self.suggest(email)
    base = fit(name_of(email))
    return base if User.username_available?(base)

    (1..).lazy.map { |number| numbered(base, number) }.find { |name| User.username_available?(name) }
  end

  # The local part; the domain, where that says nothing.
  def self.name_of(email)
    local, domain = email.split("@", 2)
    GENERIC.include?(local) ? domain.to_s[/\A[^.]+/].to_s : local.to_s
  end

  def self.fit(name)
    clean = name.unicode_normalize(:nfkd).gsub(/[^\w.-]/, "_").gsub(/\A[^a-z0-9_]+|[^a-z0-9]+\z/i, "")
    clean = "user" if clean.empty?
    clean.ljust(UserValidation::USERNAME_LENGTH.begin, "1")[0, UserValidation::USERNAME_LENGTH.end]
  end

  def self.numbered(name, number)
    "#{name[0, UserValidation::USERNAME_LENGTH.end - number.to_s.length]}#{number}"
  end
end
