/// The description of the HTTP surface, as it is served; `docs/openapi.json` is the same (a test compares them).
enum OpenAPI {
    static let document = #"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "Wasmesh router",
            "version": "1.0.0",
            "license": {
              "name": "Apache-2.0",
              "identifier": "Apache-2.0"
            },
            "description": "Calls (Connect protocol, unary, JSON), events (CloudEvents HTTP binding), and the control plane. docs/wire.md and docs/errors.md say more."
          },
          "servers": [
            {
              "url": "http://127.0.0.1:8080"
            }
          ],
          "paths": {
            "/{service}/{method}": {
              "post": {
                "operationId": "call",
                "tags": [
                  "calls"
                ],
                "summary": "Calls a method of a deployed service.",
                "parameters": [
                  {
                    "name": "service",
                    "in": "path",
                    "required": true,
                    "description": "Qualified: `shop.Orders`.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "method",
                    "in": "path",
                    "required": true,
                    "description": "`place`.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "Connect-Protocol-Version",
                    "in": "header",
                    "description": "1, or left out.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "Connect-Timeout-Ms",
                    "in": "header",
                    "description": "How long the caller waits; 30,000 without it, at most 600,000.",
                    "schema": {
                      "type": "integer",
                      "minimum": 0
                    }
                  },
                  {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "description": "Makes repeating harmless: the same key and body get the first call's answer; another body is CONFLICT.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "Mesh-Key",
                    "in": "header",
                    "description": "The call's key, where the method's own rule gives none.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "Prefer",
                    "in": "header",
                    "description": "`respond-async`: 202 and a call id at once.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "traceparent",
                    "in": "header",
                    "description": "W3C trace context, passed on.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "Authorization",
                    "in": "header",
                    "description": "`Bearer <token>` where the method has @auth(roles).",
                    "schema": {
                      "type": "string"
                    }
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "type": "object",
                        "description": "The method's arguments by name."
                      }
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "The answer: the object itself; any other value as {\"value\": …}; {} for Void.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  },
                  "202": {
                    "description": "Accepted; poll Location.",
                    "headers": {
                      "Location": {
                        "schema": {
                          "type": "string"
                        }
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "id": {
                              "type": "string"
                            }
                          },
                          "required": [
                            "id"
                          ]
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/ConnectError"
                  }
                }
              }
            },
            "/events": {
              "post": {
                "operationId": "publish",
                "tags": [
                  "events"
                ],
                "summary": "Publishes events that deployed services declare, all of the request or none.",
                "description": "CloudEvents 1.0 in binary, structured or batched mode. An event whose source and id came before with the same content is answered alike and not published again.",
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/cloudevents+json": {
                      "schema": {
                        "type": "object"
                      }
                    },
                    "application/cloudevents-batch+json": {
                      "schema": {
                        "type": "array",
                        "items": {
                          "type": "object"
                        }
                      }
                    },
                    "application/json": {
                      "schema": {
                        "type": "object"
                      }
                    }
                  }
                },
                "responses": {
                  "202": {
                    "description": "Durable.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "accepted": {
                              "type": "integer"
                            },
                            "repeated": {
                              "type": "integer"
                            }
                          },
                          "required": [
                            "accepted",
                            "repeated"
                          ]
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/healthz": {
              "get": {
                "operationId": "alive",
                "tags": [
                  "operation"
                ],
                "summary": "Whether the process lives.",
                "responses": {
                  "200": {
                    "description": "It does.",
                    "content": {
                      "text/plain": {
                        "schema": {
                          "type": "string"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/readyz": {
              "get": {
                "operationId": "ready",
                "tags": [
                  "operation"
                ],
                "summary": "Whether Postgres and Kafka are reached and the routes are loaded.",
                "responses": {
                  "200": {
                    "description": "Ready.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Health"
                        }
                      }
                    }
                  },
                  "503": {
                    "description": "Not ready, and why.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Health"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/metrics": {
              "get": {
                "operationId": "metrics",
                "tags": [
                  "operation"
                ],
                "summary": "Metrics in Prometheus' text format.",
                "responses": {
                  "200": {
                    "description": "Metrics.",
                    "content": {
                      "text/plain": {
                        "schema": {
                          "type": "string"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/api/v1/openapi.json": {
              "get": {
                "operationId": "openapi",
                "tags": [
                  "operation"
                ],
                "summary": "This document.",
                "responses": {
                  "200": {
                    "description": "OpenAPI 3.1.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/api/v1/calls/{id}": {
              "get": {
                "operationId": "callResult",
                "tags": [
                  "calls"
                ],
                "summary": "What became of a call whose answer is kept (Prefer: respond-async, or Idempotency-Key).",
                "description": "Needs no token: the id is known to the caller alone.",
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "The call's id.",
                    "schema": {
                      "type": "string"
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "Pending, done with its answer, or failed with its error.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "id": {
                              "type": "string"
                            },
                            "state": {
                              "type": "string",
                              "enum": [
                                "pending",
                                "done",
                                "failed"
                              ]
                            },
                            "since": {
                              "type": "string",
                              "format": "date-time"
                            },
                            "at": {
                              "type": "string",
                              "format": "date-time"
                            },
                            "answer": {
                              "type": "object"
                            },
                            "error": {
                              "$ref": "#/components/schemas/Error"
                            }
                          },
                          "required": [
                            "id",
                            "state"
                          ]
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/routes": {
              "get": {
                "operationId": "routes",
                "tags": [
                  "registry"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "Who offers what, who emits and who hears which event.",
                "responses": {
                  "200": {
                    "description": "Services with their methods, and events.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "services": {
                              "type": "array",
                              "items": {
                                "type": "object"
                              }
                            },
                            "events": {
                              "type": "array",
                              "items": {
                                "$ref": "#/components/schemas/Event"
                              }
                            }
                          },
                          "required": [
                            "services",
                            "events"
                          ]
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/services": {
              "get": {
                "operationId": "services",
                "tags": [
                  "registry"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "The deployed services.",
                "responses": {
                  "200": {
                    "description": "Services.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "services": {
                              "type": "array",
                              "items": {
                                "$ref": "#/components/schemas/Service"
                              }
                            }
                          },
                          "required": [
                            "services"
                          ]
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/deployments": {
              "get": {
                "operationId": "deployments",
                "tags": [
                  "registry"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "The latest deploys.",
                "parameters": [
                  {
                    "name": "limit",
                    "in": "query",
                    "description": "At most so many.",
                    "schema": {
                      "type": "integer",
                      "minimum": 1,
                      "maximum": 1000,
                      "default": 50
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "Newest first.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "deployments": {
                              "type": "array",
                              "items": {
                                "type": "object"
                              }
                            }
                          },
                          "required": [
                            "deployments"
                          ]
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              },
              "post": {
                "operationId": "deploy",
                "tags": [
                  "registry"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "Deploys a package.",
                "description": "Checks the module, its schema, and what it would break; stores it by its SHA-256; running workers take it within a second. At most 64 MiB.",
                "parameters": [
                  {
                    "name": "dry-run",
                    "in": "query",
                    "description": "Checks and reports, and deploys nothing.",
                    "schema": {
                      "type": "boolean"
                    }
                  },
                  {
                    "name": "allow-breaking",
                    "in": "query",
                    "description": "Deploys although callers, handlers or stored state break.",
                    "schema": {
                      "type": "boolean"
                    }
                  },
                  {
                    "name": "force",
                    "in": "query",
                    "description": "The same as allow-breaking.",
                    "schema": {
                      "type": "boolean"
                    }
                  },
                  {
                    "name": "pool",
                    "in": "query",
                    "description": "The pool of workers that runs its services.",
                    "schema": {
                      "type": "string",
                      "default": "default"
                    }
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/wasm": {
                      "schema": {
                        "type": "string",
                        "contentMediaType": "application/wasm"
                      }
                    }
                  }
                },
                "responses": {
                  "201": {
                    "description": "Deployed.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Deployment"
                        }
                      }
                    }
                  },
                  "200": {
                    "description": "Dry run.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Deployment"
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/deployments/{digest}": {
              "post": {
                "operationId": "rollBack",
                "tags": [
                  "registry"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "Deploys a package again that was deployed before.",
                "parameters": [
                  {
                    "name": "digest",
                    "in": "path",
                    "required": true,
                    "description": "Its SHA-256 in hexadecimal, or the first eight digits or more.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "dry-run",
                    "in": "query",
                    "description": "Checks and reports, and deploys nothing.",
                    "schema": {
                      "type": "boolean"
                    }
                  },
                  {
                    "name": "allow-breaking",
                    "in": "query",
                    "description": "Deploys although callers, handlers or stored state break.",
                    "schema": {
                      "type": "boolean"
                    }
                  },
                  {
                    "name": "force",
                    "in": "query",
                    "description": "The same as allow-breaking.",
                    "schema": {
                      "type": "boolean"
                    }
                  },
                  {
                    "name": "pool",
                    "in": "query",
                    "description": "The pool of workers that runs its services.",
                    "schema": {
                      "type": "string",
                      "default": "default"
                    }
                  }
                ],
                "responses": {
                  "201": {
                    "description": "Deployed.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Deployment"
                        }
                      }
                    }
                  },
                  "200": {
                    "description": "Dry run.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Deployment"
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/state/{service}/{key}": {
              "get": {
                "operationId": "state",
                "tags": [
                  "state"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "The state of one key.",
                "parameters": [
                  {
                    "name": "service",
                    "in": "path",
                    "required": true,
                    "description": "Qualified: `shop.Orders`.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "key",
                    "in": "path",
                    "required": true,
                    "description": "The key.",
                    "schema": {
                      "type": "string"
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The state.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "service": {
                              "type": "string"
                            },
                            "key": {
                              "type": "string"
                            },
                            "version": {
                              "type": "integer"
                            },
                            "state": {
                              "type": "object"
                            },
                            "updatedAt": {
                              "type": "string",
                              "format": "date-time"
                            }
                          }
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/dead-letters": {
              "get": {
                "operationId": "deadLetters",
                "tags": [
                  "dead letters"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "Messages that are out of attempts or were refused for good.",
                "parameters": [
                  {
                    "name": "service",
                    "in": "query",
                    "description": "Only those of one service.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "limit",
                    "in": "query",
                    "description": "At most so many.",
                    "schema": {
                      "type": "integer",
                      "minimum": 1,
                      "maximum": 1000,
                      "default": 50
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "Newest first.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "dead_letters": {
                              "type": "array",
                              "items": {
                                "type": "object"
                              }
                            }
                          },
                          "required": [
                            "dead_letters"
                          ]
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/dead-letters/{id}": {
              "get": {
                "operationId": "deadLetter",
                "tags": [
                  "dead letters"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "One dead letter with payload, headers and cause.",
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "Its id.",
                    "schema": {
                      "type": "string"
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The dead letter.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/dead-letters/{id}/redrive": {
              "post": {
                "operationId": "redrive",
                "tags": [
                  "dead letters"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "Publishes it again: same id, a new count of attempts.",
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "Its id.",
                    "schema": {
                      "type": "string"
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "Redriven.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/dead-letters/{id}/discard": {
              "post": {
                "operationId": "discard",
                "tags": [
                  "dead letters"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "Gives it up for good; the row stays.",
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "Its id.",
                    "schema": {
                      "type": "string"
                    }
                  },
                  {
                    "name": "reason",
                    "in": "query",
                    "description": "Why; it is kept.",
                    "schema": {
                      "type": "string"
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "Discarded.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/workers": {
              "get": {
                "operationId": "workers",
                "tags": [
                  "operation"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "The processes of the mesh, by their heartbeats.",
                "responses": {
                  "200": {
                    "description": "Processes.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "workers": {
                              "type": "array",
                              "items": {
                                "type": "object"
                              }
                            }
                          },
                          "required": [
                            "workers"
                          ]
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/backlog": {
              "get": {
                "operationId": "backlog",
                "tags": [
                  "operation"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "How far consumers are behind, and what waits.",
                "responses": {
                  "200": {
                    "description": "Lag by partition.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/health": {
              "get": {
                "operationId": "health",
                "tags": [
                  "operation"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "As /readyz, with 200 whatever it says.",
                "responses": {
                  "200": {
                    "description": "What the router waits for.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Health"
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/tokens": {
              "get": {
                "operationId": "tokens",
                "tags": [
                  "tokens"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "Tokens, without their secrets.",
                "responses": {
                  "200": {
                    "description": "Tokens.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "tokens": {
                              "type": "array",
                              "items": {
                                "type": "object"
                              }
                            }
                          },
                          "required": [
                            "tokens"
                          ]
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              },
              "post": {
                "operationId": "createToken",
                "tags": [
                  "tokens"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "Makes a token for a caller, with roles for methods with @auth(roles). It is shown once.",
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "type": "object",
                        "properties": {
                          "name": {
                            "type": "string"
                          },
                          "roles": {
                            "type": "array",
                            "items": {
                              "type": "string"
                            }
                          }
                        },
                        "required": [
                          "name"
                        ]
                      }
                    }
                  }
                },
                "responses": {
                  "201": {
                    "description": "Made.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "id": {
                              "type": "string"
                            },
                            "name": {
                              "type": "string"
                            },
                            "roles": {
                              "type": "array",
                              "items": {
                                "type": "string"
                              }
                            },
                            "token": {
                              "type": "string"
                            }
                          },
                          "required": [
                            "id",
                            "token"
                          ]
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/api/v1/tokens/{id}": {
              "delete": {
                "operationId": "revokeToken",
                "tags": [
                  "tokens"
                ],
                "security": [
                  {
                    "admin": []
                  }
                ],
                "summary": "Takes a token back.",
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "Its id.",
                    "schema": {
                      "type": "string"
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "Taken back.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            }
          },
          "components": {
            "securitySchemes": {
              "admin": {
                "type": "http",
                "scheme": "bearer",
                "description": "The admin token, which the router shows once, at its first start."
              }
            },
            "responses": {
              "Error": {
                "description": "An error.",
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/Error"
                    }
                  }
                }
              },
              "ConnectError": {
                "description": "An error as the Connect protocol has it, with the mesh's own in `mesh`.",
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/ConnectError"
                    }
                  }
                }
              }
            },
            "schemas": {
              "Error": {
                "type": "object",
                "properties": {
                  "code": {
                    "type": "string",
                    "description": "One of the mesh's codes, or a guest's own."
                  },
                  "message": {
                    "type": "string"
                  },
                  "details": {
                    "description": "Any JSON."
                  },
                  "retryable": {
                    "type": "boolean"
                  },
                  "timestamp": {
                    "type": "string",
                    "format": "date-time"
                  }
                },
                "required": [
                  "code",
                  "message",
                  "retryable",
                  "timestamp"
                ]
              },
              "ConnectError": {
                "type": "object",
                "properties": {
                  "code": {
                    "type": "string",
                    "enum": [
                      "canceled",
                      "unknown",
                      "invalid_argument",
                      "deadline_exceeded",
                      "not_found",
                      "already_exists",
                      "permission_denied",
                      "resource_exhausted",
                      "failed_precondition",
                      "aborted",
                      "out_of_range",
                      "unimplemented",
                      "internal",
                      "unavailable",
                      "data_loss",
                      "unauthenticated"
                    ]
                  },
                  "message": {
                    "type": "string"
                  },
                  "details": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "properties": {
                        "type": {
                          "const": "google.rpc.ErrorInfo"
                        },
                        "value": {
                          "type": "string",
                          "description": "Protobuf, base64 without padding."
                        },
                        "debug": {
                          "type": "object"
                        }
                      },
                      "required": [
                        "type",
                        "value"
                      ]
                    }
                  },
                  "mesh": {
                    "$ref": "#/components/schemas/Error"
                  }
                },
                "required": [
                  "code",
                  "message",
                  "mesh"
                ]
              },
              "Health": {
                "type": "object",
                "properties": {
                  "ready": {
                    "type": "boolean"
                  },
                  "problems": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "properties": {
                        "part": {
                          "type": "string"
                        },
                        "problem": {
                          "type": "string"
                        }
                      },
                      "required": [
                        "part",
                        "problem"
                      ]
                    }
                  },
                  "waitingCalls": {
                    "type": "integer"
                  },
                  "acceptQueue": {
                    "type": "integer"
                  },
                  "unacknowledgedMessages": {
                    "type": "integer"
                  }
                },
                "required": [
                  "ready",
                  "problems"
                ]
              },
              "Service": {
                "type": "object",
                "properties": {
                  "service": {
                    "type": "string"
                  },
                  "namespace": {
                    "type": "string"
                  },
                  "version": {
                    "type": "string"
                  },
                  "digest": {
                    "type": "string"
                  },
                  "pool": {
                    "type": "string"
                  },
                  "topic": {
                    "type": "string"
                  },
                  "state": {
                    "type": [
                      "string",
                      "null"
                    ]
                  },
                  "documentation": {
                    "type": [
                      "string",
                      "null"
                    ]
                  },
                  "methods": {
                    "type": "array",
                    "items": {
                      "type": "string"
                    }
                  }
                },
                "required": [
                  "service",
                  "version",
                  "digest",
                  "methods"
                ]
              },
              "Event": {
                "type": "object",
                "properties": {
                  "name": {
                    "type": "string"
                  },
                  "topic": {
                    "type": "string"
                  },
                  "payload": {
                    "type": [
                      "string",
                      "null"
                    ]
                  },
                  "key": {
                    "type": [
                      "string",
                      "null"
                    ]
                  },
                  "emittedBy": {
                    "type": "array",
                    "items": {
                      "type": "string"
                    }
                  },
                  "handledBy": {
                    "type": "array",
                    "items": {
                      "type": "string"
                    }
                  }
                },
                "required": [
                  "name",
                  "topic",
                  "emittedBy",
                  "handledBy"
                ]
              },
              "Deployment": {
                "type": "object",
                "properties": {
                  "id": {
                    "type": "integer"
                  },
                  "dryRun": {
                    "type": "boolean"
                  },
                  "digest": {
                    "type": "string"
                  },
                  "namespace": {
                    "type": "string"
                  },
                  "version": {
                    "type": "string"
                  },
                  "services": {
                    "type": "array",
                    "items": {
                      "type": "string"
                    }
                  },
                  "size": {
                    "type": "integer"
                  },
                  "changes": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "properties": {
                        "severity": {
                          "type": "string",
                          "enum": [
                            "breaking",
                            "compatible"
                          ]
                        },
                        "audience": {
                          "type": "string"
                        },
                        "subject": {
                          "type": "string"
                        },
                        "message": {
                          "type": "string"
                        }
                      }
                    }
                  },
                  "broken": {
                    "type": "array",
                    "items": {
                      "type": "string"
                    }
                  }
                },
                "required": [
                  "dryRun",
                  "digest",
                  "services",
                  "changes",
                  "broken"
                ]
              }
            }
          }
        }

        """#
}
