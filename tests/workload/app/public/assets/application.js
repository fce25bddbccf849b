// the application
