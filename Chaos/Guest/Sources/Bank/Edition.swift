/// Which build this is; the chaos run makes a second one to deploy.
let edition = 1
